import { ArgsType, Field, ID, Int } from 'type-graphql';
import { pageOf } from '../../core/page-limits.ts';
import type { ContactFilter } from '../../core/store.ts';
import { searchTerms } from '../../search/terms.ts';
import { howMany } from '../list/page.ts';
import { emailArgument, searchArgument, textArgument } from '../list/text-arguments.ts';
import { ContactOrder, ContactStatus } from './contact.type.ts';

const nullable = true;

@ArgsType()
export class ContactsArgs {
  @Field(() => String, {
    nullable,
    description:
      'Words to search for; case, accents and word order do not matter. At most 200 characters and 16 different words.',
  })
  search?: string | null;

  @Field(() => String, {
    nullable,
    description: 'Only contacts with exactly this email, primary or labeled; case does not matter.',
  })
  email?: string | null;

  @Field(() => String, {
    nullable,
    description: 'Only contacts whose person has exactly this stable id in any source.',
  })
  externalId?: string | null;

  @Field(() => ContactStatus, { nullable, description: 'Only items with this status.' })
  status?: ContactStatus | null;

  @Field(() => ID, { nullable, description: 'Only contacts that this connection feeds.' })
  connectionId?: string | null;

  @Field(() => Date, { nullable, description: 'Only contacts changed at or after this time.' })
  updatedSince?: Date | null;

  @Field(() => Boolean, {
    nullable,
    description:
      'true: only contacts with a date of removal, because their person is gone and the grace period runs. false: only the others.',
  })
  dueForRemoval?: boolean | null;

  @Field(() => ContactOrder, {
    nullable,
    defaultValue: ContactOrder.NAME_ASC,
    description: 'The order of the contacts.',
  })
  orderBy?: ContactOrder | null;

  @Field(() => Int, { nullable, defaultValue: pageOf.usual, description: howMany(pageOf) })
  first?: number | null;

  @Field(() => String, { nullable, description: 'The `endCursor` of the page before.' })
  after?: string | null;
}

export function contactFilter(args: ContactsArgs): ContactFilter {
  return {
    search: searchArgument(args.search, searchTerms),
    email: emailArgument(args.email, searchTerms),
    externalId: textArgument('externalId', args.externalId),
    status: args.status ?? null,
    connectionId: args.connectionId ?? null,
    updatedSince: args.updatedSince ?? null,
    dueForRemoval: args.dueForRemoval ?? null,
    orderBy: args.orderBy ?? ContactOrder.NAME_ASC,
  };
}
