import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { toBeMended, UserErrorType } from '../error/user-error.type.ts';

registerEnumType(Permission, {
  name: 'Permission',
  description: 'What a viewer may do.',
  valuesConfig: {
    CONTACT_SYNC_VIEW: { description: 'Read connections, runs and logs.' },
    CONTACT_SYNC_MANAGE: { description: 'Create, edit, delete and run connections. Includes CONTACT_SYNC_VIEW.' },
    CONTACTS_VIEW: { description: 'Read contacts.' },
    CONTACTS_MANAGE: { description: 'Create, edit and delete contacts. Includes CONTACTS_VIEW.' },
    WORKSPACE_MANAGE: { description: 'Turn Contact Sync on and off.' },
  },
});

export { Permission };

export const ViewerKind = { MEMBER: 'MEMBER' } as const;
export type ViewerKind = (typeof ViewerKind)[keyof typeof ViewerKind];

registerEnumType(ViewerKind, {
  name: 'ViewerKind',
  description: 'The kind of caller that an access token stands for.',
  valuesConfig: { MEMBER: { description: 'A team member.' } },
});

@ObjectType('Workspace', {
  description: 'A customer of KDesk. Its data is kept apart from that of all other workspaces.',
})
export class WorkspaceType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => String, { description: 'Its name in the newest access token.' })
  name!: string;

  @Field(() => Boolean, {
    description:
      'Whether Contact Sync is on. While it is off, connections, runs and logs answer FORBIDDEN and no run starts.',
  })
  contactSyncEnabled!: boolean;

  @Field(() => String, { description: 'IANA time zone.' })
  timeZone!: string;
}

@ObjectType('Viewer', { description: 'The person who sends the access token.' })
export class ViewerType {
  @Field(() => ID, { description: "The person's id." })
  id!: string;

  @Field(() => String, { nullable: true, description: "The person's name." })
  name!: string | null;

  @Field(() => ViewerKind, {
    description: "The kind of viewer. It is always a member, because contacts can't use this API.",
  })
  kind!: ViewerKind;

  @Field(() => [Permission], { description: 'What they may do, including implied permissions.' })
  permissions!: Permission[];
}

@ObjectType('SetContactSyncEnabledPayload', { description: 'The answer of `setContactSyncEnabled`.' })
export class SetContactSyncEnabledPayload {
  @Field(() => ViewerType, { nullable: true, description: 'The viewer, with the workspace as it is now.' })
  viewer!: ViewerType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}
