import { Field, ObjectType } from 'type-graphql';

@ObjectType('PageInfo', { description: 'Where a page ends and whether there is more.', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there are more after this page.' })
  hasNextPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The `after` that asks for the next page; null when this one is empty.',
  })
  endCursor!: string | null;
}
