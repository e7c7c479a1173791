import { Ctx, Query, Resolver } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import type { SourceKindInfo } from '../../core/source-form.ts';
import { Needs } from '../access/needs.ts';
import type { ApiContext } from '../api-context.ts';
import { SourceKindInfoType } from './source-kind-info.type.ts';

@Resolver(() => SourceKindInfoType)
export class SourceKindInfoResolver {
  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Query(() => [SourceKindInfoType], {
    nullable: true,
    description: 'The kinds of source that this server can read, with the settings form each one needs.',
  })
  sourceKinds(@Ctx() { sources }: ApiContext): readonly SourceKindInfo[] {
    return sources.kinds();
  }
}
