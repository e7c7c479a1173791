import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver } from 'type-graphql';
import type { Viewer, Workspace } from '../../core/access.ts';
import { Needs } from '../access/check-access.ts';
import { type ApiContext, actorOf } from '../api-context.ts';
import { Permission, SetContactSyncEnabledPayload, ViewerKind, ViewerType, WorkspaceType } from './viewer.type.ts';

@Resolver(() => ViewerType)
export class ViewerResolver {
  @Query(() => ViewerType, { description: 'Who is asking, and what they may do. Any member may ask this.' })
  viewer(@Ctx() { viewer }: ApiContext): Viewer {
    return viewer;
  }

  @Needs(Permission.WORKSPACE_MANAGE)
  @Mutation(() => SetContactSyncEnabledPayload, {
    nullable: true,
    description:
      'Turns Contact Sync on or off for the workspace. While it is off, connections, runs and logs answer FORBIDDEN and no run starts. Turning it off cancels runs that have not ended; contacts stay.',
  })
  async setContactSyncEnabled(
    @Arg('enabled', () => Boolean, { description: 'True for on, false for off.' }) enabled: boolean,
    @Ctx() { viewer, runner, contactSync }: ApiContext,
  ): Promise<{ viewer: Viewer; userErrors: [] }> {
    await runner.setContactSyncEnabled(viewer.workspaceId, enabled, actorOf(viewer));
    contactSync.forget(viewer.workspaceId);
    return { viewer, userErrors: [] };
  }

  @FieldResolver(() => ViewerKind, {
    description: "The kind of viewer. It is always a member, because contacts can't use this API.",
  })
  kind(): ViewerKind {
    return ViewerKind.MEMBER;
  }

  @FieldResolver(() => WorkspaceType, { description: 'The workspace of the access token.' })
  workspace(@Ctx() context: ApiContext): Promise<Workspace> {
    return context.store.workspace();
  }
}
