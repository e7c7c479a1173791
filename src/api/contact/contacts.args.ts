import { ArgsType, Field, ID, Int } from 'type-graphql';
import { pageOf } from '../../core/page-limits.ts';
import type { ContactFilter } from '../../core/store.ts';
import { searchTerms } from '../../search/terms.ts';
import { howMany } from '../list/page.ts';
import { emailArgument, searchArgument, textArgument } from '../list/text-arguments.ts';
import { ContactOrder, ContactStatus } from './contact.enums.ts';

const nullable = true;

@ArgsType()
export class ContactsArgs {
  @Field(() => String, {
    nullable,
    description:
      'As one types: case, accents and word order do not matter; at most 200 characters and 16 different words.',
  })
  search?: string | null;

  @Field(() => String, { nullable, description: 'Exactly this email, without case, primary or labeled.' })
  email?: string | null;

  @Field(() => String, { nullable, description: "Exactly this stable id of the person's, in any source." })
  externalId?: string | null;

  @Field(() => ContactStatus, { nullable, description: 'Only those with this status.' })
  status?: ContactStatus | null;

  @Field(() => ID, { nullable, description: 'Only those that this connection feeds.' })
  connectionId?: string | null;

  @Field(() => Date, { nullable, description: 'Only those changed at or after this moment.' })
  updatedSince?: Date | null;

  @Field(() => ContactOrder, { nullable, defaultValue: ContactOrder.NAME_ASC, description: 'In which order.' })
  orderBy?: ContactOrder | null;

  @Field(() => Int, { nullable, defaultValue: pageOf.usual, description: howMany(pageOf) })
  first?: number | null;

  @Field(() => String, { nullable, description: 'The `endCursor` of the page before.' })
  after?: string | null;
}

export const contactFilter = (args: ContactsArgs): ContactFilter => ({
  search: searchArgument(args.search, searchTerms),
  email: emailArgument(args.email, searchTerms),
  externalId: textArgument('externalId', args.externalId),
  status: args.status ?? null,
  connectionId: args.connectionId ?? null,
  updatedSince: args.updatedSince ?? null,
  orderBy: args.orderBy ?? ContactOrder.NAME_ASC,
});
