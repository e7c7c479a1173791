import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, ID, Info, Int, Query, Resolver, Root } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { pageOf } from '../../core/page-limits.ts';
import type { ConnectionRecord, ContactSourceRecord } from '../../core/records.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { ConnectionType } from '../connection/connection.type.ts';
import { type ApiPage, howMany, pageRequest, toPage } from '../list/page.ts';
import { ApiContact, askedParts } from './api-contact.ts';
import { ContactPage, ContactSourceType, ContactType } from './contact.type.ts';
import { ContactsArgs, contactFilter } from './contacts.args.ts';

@Resolver(() => ContactType)
export class ContactResolver {
  @Needs(Permission.CONTACTS_VIEW)
  @Query(() => ContactType, { nullable: true, description: 'A contact; null when there is none with this id.' })
  async contact(
    @Arg('id', () => ID, { description: "The contact's id." }) id: string,
    @Ctx() { loaders }: ApiContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ApiContact | null> {
    const contact = await loaders.contact(id, askedParts(info));
    return contact && new ApiContact(contact);
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
    @Info() info: GraphQLResolveInfo,
  ): Promise<ApiPage<ApiContact>> {
    const request = pageRequest(args.first, args.after);
    const page = await store.contactsPage(contactFilter(args), request, askedParts(info, ['nodes']));
    return toPage(page, (contact) => new ApiContact(contact));
  }

  @FieldResolver(() => [ContactSourceType], { description: 'The connections that feed this contact.' })
  sources(@Root() { id }: ApiContact, @Ctx() { loaders }: ApiContext): Promise<ContactSourceRecord[]> {
    return loaders.sources(id);
  }

  @FieldResolver(() => ContactType, {
    nullable: true,
    description:
      "The contact of the person's manager in the source; null when there is none, or the manager is not imported.",
  })
  async manager(@Root() { id }: ApiContact, @Ctx() { loaders }: ApiContext): Promise<ApiContact | null> {
    const manager = await loaders.manager(id);
    return manager && new ApiContact(manager);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'The path of the photo, `/contacts/<id>/photo?v=…`, which changes with the photo; null without one. It is fetched with the `Authorization` header.',
  })
  async photoUrl(@Root() { id }: ApiContact, @Ctx() { loaders }: ApiContext): Promise<string | null> {
    const hash = await loaders.photoHash(id);
    return hash === null ? null : `/contacts/${id}/photo?v=${hash.slice(0, 16)}`;
  }

  @FieldResolver(() => ContactPage, { description: 'The contacts whose manager this contact is, by name.' })
  async reports(
    @Root() { id }: ApiContact,
    @Ctx() { store, loaders }: ApiContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: pageOf.usual, description: howMany(pageOf) })
    first?: number | null,
    @Arg('after', () => String, { nullable: true, description: 'The `endCursor` of the page before.' })
    after?: string | null,
  ): Promise<ApiPage<ApiContact>> {
    const page = pageRequest(first, after);
    // A cursor belongs to one contact's list, so only first pages are loaded for many contacts at once.
    const reports = page.after === null ? await loaders.reports(id, page.first) : await store.reportsPage(id, page);
    return toPage(reports, (contact) => new ApiContact(contact));
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
    return (await context.workspace()).contactSyncEnabled ? context.loaders.connection(connectionId) : null;
  }
}
