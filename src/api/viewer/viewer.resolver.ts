import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver } from 'type-graphql';
import type { Viewer, Workspace } from '../../core/access.ts';
import { Needs } from '../access/check-access.ts';
import { type ApiContext, actorOf } from '../api-context.ts';
import { Permission, SetContactSyncEnabledPayload, ViewerKind, ViewerType, WorkspaceType } from './viewer.type.ts';

@Resolver(() => ViewerType)
export class ViewerResolver {
  @Query(() => ViewerType, { description: 'Who is asking, and what they may do. Any member may.' })
  viewer(@Ctx() { viewer }: ApiContext): Viewer {
    return viewer;
  }

  @Needs(Permission.WORKSPACE_MANAGE)
  @Mutation(() => SetContactSyncEnabledPayload, {
    nullable: true,
    description:
      'Turns Contact Sync on or off for the workspace. Off: connections, runs and logs answer FORBIDDEN, nothing is started, runs that have not ended are cancelled; contacts stay.',
  })
  async setContactSyncEnabled(
    @Arg('enabled', () => Boolean, { description: 'On or off.' }) enabled: boolean,
    @Ctx() { viewer, runner, contactSync }: ApiContext,
  ): Promise<{ viewer: Viewer; userErrors: [] }> {
    await runner.setContactSyncEnabled(viewer.workspaceId, enabled, actorOf(viewer));
    contactSync.forget(viewer.workspaceId);
    return { viewer, userErrors: [] };
  }

  @FieldResolver(() => ViewerKind, { description: 'A member; a contact user never gets this far.' })
  kind(): ViewerKind {
    return ViewerKind.MEMBER;
  }

  @FieldResolver(() => WorkspaceType, { description: 'The workspace that the token is for.' })
  workspace(@Ctx() context: ApiContext): Promise<Workspace> {
    return context.store.workspace();
  }
}
