import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import type { ConnectionRecord, ContactSourceRecord } from '../../core/records.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { ConnectionType } from '../connection/connection.type.ts';
import { type ApiPage, pageRequest, toPage } from '../list/page.ts';
import { ContactPage, ContactSourceType, ContactType } from './contact.type.ts';
import { ContactsArgs, contactFilter } from './contacts.args.ts';
import { type ApiContact, toContact } from './to-contact.ts';

@Resolver(() => ContactType)
export class ContactResolver {
  @Needs(Permission.CONTACTS_VIEW)
  @Query(() => ContactType, { nullable: true, description: 'A contact; null when there is none with this id.' })
  async contact(
    @Arg('id', () => ID, { description: "The contact's id." }) id: string,
    @Ctx() { loaders }: ApiContext,
  ): Promise<ApiContact | null> {
    const contact = await loaders.contact.load(id);
    return contact && toContact(contact);
  }

  @Needs(Permission.CONTACTS_VIEW)
  @Query(() => ContactPage, {
    nullable: true,
    description:
      'Contacts of the workspace. `search` matches name, company, primary email, labeled emails and phones; case, accents and word order do not matter. `email` and `externalId` match exactly, but the case of an email does not matter. `updatedSince` with UPDATED_ASC gives a change feed.',
  })
  async contacts(
    @Args(() => ContactsArgs) args: ContactsArgs,
    @Ctx() { store }: ApiContext,
  ): Promise<ApiPage<ApiContact>> {
    const request = pageRequest(args.first, args.after);
    return toPage(await store.contactsPage(contactFilter(args), request), toContact);
  }

  @FieldResolver(() => [ContactSourceType], { description: 'The connections that feed this contact.' })
  sources(@Root() { id }: ApiContact, @Ctx() { loaders }: ApiContext): Promise<ContactSourceRecord[]> {
    return loaders.sources.load(id);
  }
}

@Resolver(() => ContactSourceType)
export class ContactSourceResolver {
  @FieldResolver(() => ConnectionType, {
    nullable: true,
    description: 'The connection; null while Contact Sync is off, and for viewers who may not see connections.',
  })
  async connection(
    @Root() { connectionId }: ContactSourceRecord,
    @Ctx() context: ApiContext,
  ): Promise<ConnectionRecord | null> {
    if (!context.viewer.permissions.includes(Permission.CONTACT_SYNC_VIEW)) return null;
    return (await context.workspace()).contactSyncEnabled ? context.loaders.connection.load(connectionId) : null;
  }
}
