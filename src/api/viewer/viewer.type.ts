import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { toBeMended, UserErrorType } from '../error/user-error.type.ts';

registerEnumType(Permission, {
  name: 'Permission',
  description: 'What a viewer may do.',
  valuesConfig: {
    CONTACT_SYNC_VIEW: { description: 'Read connections, runs and logs.' },
    CONTACT_SYNC_MANAGE: { description: 'Create, edit, delete and run connections; implies CONTACT_SYNC_VIEW.' },
    CONTACTS_VIEW: { description: 'Read contacts.' },
    CONTACTS_MANAGE: { description: 'Create, edit and delete contacts; implies CONTACTS_VIEW.' },
    WORKSPACE_MANAGE: { description: 'Turn Contact Sync on and off.' },
  },
});

export { Permission };

export const ViewerKind = { MEMBER: 'MEMBER' } as const;
export type ViewerKind = (typeof ViewerKind)[keyof typeof ViewerKind];

registerEnumType(ViewerKind, {
  name: 'ViewerKind',
  description: 'What kind of caller an access token speaks for.',
  valuesConfig: { MEMBER: { description: 'A team member.' } },
});

@ObjectType('Workspace', { description: 'A customer of the KDesk app, with walls around all that is theirs.' })
export class WorkspaceType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => String, { description: 'As the newest access token calls it.' })
  name!: string;

  @Field(() => Boolean, { description: 'Off: connections, runs and logs answer FORBIDDEN and nothing is started.' })
  contactSyncEnabled!: boolean;

  @Field(() => String, { description: 'IANA time zone.' })
  timeZone!: string;
}

@ObjectType('Viewer', { description: 'Whoever the access token speaks for.' })
export class ViewerType {
  @Field(() => ID, { description: "The person's id." })
  id!: string;

  @Field(() => String, { nullable: true, description: "The person's name." })
  name!: string | null;

  @Field(() => ViewerKind, { description: 'A member; a contact user never gets this far.' })
  kind!: ViewerKind;

  @Field(() => [Permission], { description: 'What they may do, with what that implies.' })
  permissions!: Permission[];
}

@ObjectType('SetContactSyncEnabledPayload', { description: 'The answer of `setContactSyncEnabled`.' })
export class SetContactSyncEnabledPayload {
  @Field(() => ViewerType, { nullable: true, description: 'Who asked, with the workspace as it is now.' })
  viewer!: ViewerType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}
