import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from './permission.enum.ts';

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
