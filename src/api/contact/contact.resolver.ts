import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import type { ContactSourceRecord } from '../../core/records.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
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
      '`search` matches name, company, primary email, labeled emails and phones, as one types: case, accents and word order do not matter. `email` and `externalId` match exactly (email without case, primary or labeled). `updatedSince` with UPDATED_ASC is a change feed.',
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
