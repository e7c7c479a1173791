import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import type { ConnectionRecord, ContactSourceRecord } from '../../core/records.ts';
import type { ApiContext } from '../api-context.ts';
import { ConnectionType } from '../connection/connection.type.ts';
import { ContactSourceType } from './contact.type.ts';

@Resolver(() => ContactSourceType)
export class ContactSourceResolver {
  @FieldResolver(() => ConnectionType, {
    nullable: true,
    description: 'The connection; null for a viewer who may not see connections, and while Contact Sync is off.',
  })
  async connection(
    @Root() { connectionId }: ContactSourceRecord,
    @Ctx() context: ApiContext,
  ): Promise<ConnectionRecord | null> {
    if (!context.viewer.permissions.includes(Permission.CONTACT_SYNC_VIEW)) return null;
    return (await context.workspace()).contactSyncEnabled ? context.loaders.connection.load(connectionId) : null;
  }
}
