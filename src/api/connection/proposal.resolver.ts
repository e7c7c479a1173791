import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { defaultMaxPercent } from '../../core/removal-limits.ts';
import type { ConnectionProposal } from '../../core/sources-port.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { toBeMended, UserErrorType } from '../error/user-error.type.ts';
import { TakesLonger } from '../operation/takes-longer.ts';
import { RunErrorType } from '../run/run.type.ts';
import { givenSource, SourceInput } from '../source/source.type.ts';
import { checkStorable } from './check-edit.ts';
import { givenSecrets, secretsAfter } from './edit-connection.ts';
import { FieldMappingType } from './field-mapping.type.ts';
import { RemovalPolicyType } from './removal-policy.type.ts';
import { ScopeType } from './scope.type.ts';

/** Longer than a look at a source takes, which ends by itself. */
const LONGEST_LOOK_SECONDS = 90;

@ObjectType('ConnectionProposal', {
  description: 'A connection as a look at its source suggests it. It can be saved as it is with `createConnection`.',
  simpleResolvers: true,
})
class ConnectionProposalType {
  @Field(() => ScopeType, { description: 'Who is included.' })
  scope!: ScopeType;

  @Field(() => [FieldMappingType], {
    description: 'The usual mapping of this kind of source, without attributes that none of the sampled people has.',
  })
  mappings!: FieldMappingType[];

  @Field(() => RemovalPolicyType, { description: 'What happens to contacts whose person is gone.' })
  removal!: RemovalPolicyType;

  @Field(() => [String], {
    description: 'The given base DNs, or else the narrowest that hold nearly all people. Empty for a file.',
  })
  baseDns!: string[];

  @Field(() => String, {
    nullable: true,
    description:
      'The `idColumn` for the settings of a file: the given one, or else the best that was found. Null for other kinds.',
  })
  idColumn!: string | null;

  @Field(() => [String], { description: 'Why each part was chosen, in short sentences.' })
  reasons!: string[];
}

@ObjectType('ProposeConnectionPayload', { description: 'The answer of `proposeConnection`.', simpleResolvers: true })
class ProposeConnectionPayload {
  @Field(() => ConnectionProposalType, {
    nullable: true,
    description: 'The proposal; null when the source could not be asked.',
  })
  proposal!: ConnectionProposalType | null;

  @Field(() => RunErrorType, { nullable: true, description: 'Why the source could not be asked.' })
  error!: RunErrorType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@Resolver()
export class ProposalResolver {
  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @TakesLonger(LONGEST_LOOK_SECONDS)
  @Mutation(() => ProposeConnectionPayload, {
    nullable: true,
    description:
      'Looks at a source and proposes the rest of a connection: base DNs, scope, mapping and removal policy. `baseDns` of a directory and `idColumn` of a file may be empty. Changes nothing.',
  })
  async proposeConnection(
    @Ctx() context: ApiContext,
    @Arg('source', () => SourceInput, { description: 'How to reach the source.' }) source: SourceInput,
  ): Promise<ProposeConnectionPayload> {
    const { sources, viewer, signal } = context;
    const { kind, given, member } = givenSource(source);
    const settings = sources.settings(kind, null, given);
    const secrets = givenSecrets(sources.kind(kind), given);
    const userErrors = [
      ...checkStorable(source, ['source']),
      ...sources.checkToPropose(kind, settings, secretsAfter([], secrets), ['source', member]),
    ];
    if (userErrors.length > 0) return { proposal: null, error: null, userErrors };
    const request = { workspaceId: viewer.workspaceId, connection: null, kind, settings, secrets };
    const outcome = await sources.propose(request, signal);
    return outcome.kind === 'failed'
      ? { proposal: null, error: outcome.error, userErrors }
      : { proposal: shown(outcome.answer), error: null, userErrors };
  }
}

function shown({ removal, ...proposal }: ConnectionProposal): ConnectionProposalType {
  return { ...proposal, removal: { ...removal, maxPercent: removal.maxPercent ?? defaultMaxPercent } };
}
