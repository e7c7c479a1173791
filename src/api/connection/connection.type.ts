import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ConnectionStatus, MatchBy, OrphanedContacts } from '../../core/connection.ts';
import { toBeMended, UserErrorType } from '../error/user-error.type.ts';
import { PageInfo } from '../list/page.ts';
import { SourceKind } from '../source/source-kind.type.ts';
import { ActorType } from '../viewer/actor.type.ts';
import { FieldMappingType } from './field-mapping.type.ts';
import { ScheduleType } from './schedule.type.ts';
import { ScopeType } from './scope.type.ts';

registerEnumType(ConnectionStatus, {
  name: 'ConnectionStatus',
  description: 'Whether a connection may change contacts.',
  valuesConfig: {
    DRAFT: { description: 'Being set up; it can only be run dry.' },
    ENABLED: {
      description:
        'In use; it runs when somebody starts it, by its schedule, and, if it is `continuous`, when its source changes.',
    },
  },
});

registerEnumType(MatchBy, {
  name: 'MatchBy',
  description:
    "How a person is matched to a contact that this connection does not feed yet. The source's stable id always comes first.",
  valuesConfig: {
    PRIMARY_EMAIL: { description: 'By the primary email of an active contact.' },
    EXTERNAL_ID_ONLY: { description: 'Only by the stable id.' },
  },
});

registerEnumType(OrphanedContacts, {
  name: 'OrphanedContacts',
  description: 'What happens to the contacts that only a deleted connection fed.',
  valuesConfig: {
    KEEP: { description: 'They stay as hand-managed contacts.' },
    DEACTIVATE: { description: 'They become INACTIVE and lose portal access.' },
    DELETE: { description: 'They are deleted.' },
  },
});

@ObjectType('Connection', {
  description: 'A saved connection: a source, which people and fields are imported from it, and when.',
})
export class ConnectionType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => String, { description: 'What it is for; may be empty.' })
  description!: string;

  @Field(() => ConnectionStatus, { description: 'Whether it may change contacts.' })
  status!: ConnectionStatus;

  @Field(() => SourceKind, { description: "The kind of its source; it can't be changed." })
  kind!: SourceKind;

  @Field(() => ScopeType, { description: 'Which people are included.' })
  scope!: ScopeType;

  @Field(() => [FieldMappingType], { description: 'How contact fields are filled.' })
  mappings!: FieldMappingType[];

  @Field(() => ScheduleType, { nullable: true, description: 'When it runs by itself; null for never.' })
  schedule!: ScheduleType | null;

  @Field(() => Boolean, {
    description:
      "Kept up to date from the source's own changes, by runs with trigger WATCH. Only an ENABLED connection is watched.",
  })
  continuous!: boolean;

  @Field(() => Int, { description: 'After how many hours AUTO makes a full run again.' })
  fullEvery!: number;

  @Field(() => Boolean, { description: "Whether people's photos are fetched, too. `Contact.photoUrl` shows them." })
  photo!: boolean;

  @Field(() => MatchBy, { description: 'How people are matched to contacts.' })
  matchBy!: MatchBy;

  @Field(() => Int, {
    description:
      'When two connections fill the same field of one contact, the lower number wins; with equal numbers, the older connection wins.',
  })
  priority!: number;

  @Field(() => Int, { description: 'Grows by one with each saved edit that changes something.' })
  version!: number;

  @Field(() => ActorType, { description: 'Who created it.' })
  createdBy!: ActorType;

  @Field(() => Date, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When an edit last changed it.' })
  updatedAt!: Date;
}

@ObjectType('ConnectionPage', { description: 'A page of connections.', simpleResolvers: true })
export class ConnectionPage {
  @Field(() => [ConnectionType], { description: 'The connections, by name.' })
  nodes!: ConnectionType[];

  @Field(() => PageInfo, { description: 'Where the page ends.' })
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'The number of items on all pages.' })
  totalCount!: number;
}

@ObjectType('CreateConnectionPayload', { description: 'The answer of `createConnection`.', simpleResolvers: true })
export class CreateConnectionPayload {
  @Field(() => ConnectionType, { nullable: true, description: 'The new connection.' })
  connection!: ConnectionType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('UpdateConnectionPayload', { description: 'The answer of `updateConnection`.', simpleResolvers: true })
export class UpdateConnectionPayload {
  @Field(() => ConnectionType, { nullable: true, description: 'The connection as it is now saved.' })
  connection!: ConnectionType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('DeleteConnectionPayload', { description: 'The answer of `deleteConnection`.', simpleResolvers: true })
export class DeleteConnectionPayload {
  @Field(() => ID, { nullable: true, description: 'The id of the deleted connection.' })
  deletedId!: string | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}
