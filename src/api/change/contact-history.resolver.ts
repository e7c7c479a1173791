import { Arg, Ctx, Field, FieldResolver, ID, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Actor } from '../../core/access.ts';
import { pageOf } from '../../core/page-limits.ts';
import type { OriginRecord } from '../../core/records.ts';
import type { ApiContext } from '../api-context.ts';
import { ContactField } from '../connection/field-mapping.type.ts';
import type { ApiContact } from '../contact/api-contact.ts';
import { ContactType } from '../contact/contact.type.ts';
import { type ApiPage, howMany, pageRequest, toPage } from '../list/page.ts';
import { ActorType } from '../viewer/actor.type.ts';
import { type ApiChange, ContactChangePage } from './contact-change.type.ts';

const nullable = true;

@ObjectType('FieldOrigin', {
  description: 'What set a filled field of a contact to its value: a run of a connection, or a person.',
  simpleResolvers: true,
})
export class FieldOriginType {
  @Field(() => ContactField, { description: 'The field.' })
  field!: ContactField;

  @Field(() => String, { nullable, description: 'For EMAIL and PHONE: the label.' })
  label!: string | null;

  @Field(() => ID, { nullable, description: 'The connection whose run set it; null when a person did.' })
  connectionId!: string | null;

  @Field(() => String, { nullable, description: "The connection's name; null when the connection is deleted, too." })
  connectionName!: string | null;

  @Field(() => String, {
    nullable,
    description:
      'The attribute that the value came from; null for a fixed value, a template, or a name put together from other fields.',
  })
  attribute!: string | null;

  @Field(() => ID, { nullable, description: 'The run that set it; null when a person did.' })
  runId!: string | null;

  @Field(() => ActorType, { description: 'Who set it, or started the run that did.' })
  setBy!: Actor;

  @Field(() => Date, {
    description: 'When it was set; for a value that is older than the history, when the contact was created.',
  })
  setAt!: Date;
}

@Resolver(() => ContactType)
export class ContactHistoryResolver {
  @FieldResolver(() => [FieldOriginType], {
    description:
      "Where each filled field comes from: a connection's attribute and the run that set it, or a person's edit.",
  })
  origins(@Root() { id }: ApiContact, @Ctx() { loaders }: ApiContext): Promise<OriginRecord[]> {
    return loaders.origins(id);
  }

  @FieldResolver(() => ContactChangePage, {
    description: 'What runs and people have changed of the contact, the newest change first.',
  })
  async history(
    @Root() { id }: ApiContact,
    @Ctx() { store }: ApiContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: pageOf.usual, description: howMany(pageOf) })
    first?: number | null,
    @Arg('after', () => String, { nullable: true, description: 'The `endCursor` of the page before.' })
    after?: string | null,
  ): Promise<ApiPage<ApiChange>> {
    return toPage(await store.contactHistory(id, pageRequest(first, after)), (change): ApiChange => change);
  }
}
