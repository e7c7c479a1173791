export const Permission = {
  CONTACT_SYNC_VIEW: 'CONTACT_SYNC_VIEW',
  CONTACT_SYNC_MANAGE: 'CONTACT_SYNC_MANAGE',
  CONTACTS_VIEW: 'CONTACTS_VIEW',
  CONTACTS_MANAGE: 'CONTACTS_MANAGE',
  WORKSPACE_MANAGE: 'WORKSPACE_MANAGE',
} as const;
export type Permission = (typeof Permission)[keyof typeof Permission];

export const ActorKind = { MEMBER: 'MEMBER', SERVICE: 'SERVICE' } as const;
export type ActorKind = (typeof ActorKind)[keyof typeof ActorKind];

/** Who did something: a team member, or the service itself (a schedule, say). */
export type Actor = { kind: ActorKind; id: string | null; name: string };

export type Workspace = { id: string; name: string; timeZone: string; contactSyncEnabled: boolean };

/** The person a valid token belongs to. `permissions` includes those that other permissions imply. */
export type Viewer = {
  id: string;
  name: string | null;
  workspaceId: string;
  permissions: readonly Permission[];
  /** Tells access tokens apart. It can't be used to sign in. */
  tokenId: string;
  /** When the token stops being valid. */
  expiresAt: Date;
};
