import { Arg, Ctx, ID, Int, Mutation, Resolver } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { AppError } from '../../core/app-error.ts';
import type { UserError } from '../../core/user-error.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { TakesLonger } from '../operation/takes-longer.ts';
import { SourceInput } from '../source/source.type.ts';
import { DiscoverAttributesPayload } from './attribute-discovery.type.ts';
import { checkStorable } from './check-edit.ts';
import { ExplainPersonPayload, PreviewConnectionPayload, showPerson, showPreview } from './connection-preview.type.ts';
import { FieldMappingInput } from './field-mapping.type.ts';
import { lookRequest } from './look-request.ts';
import { ScopeInput } from './scope.type.ts';

/** Longer than a look at a source takes, which ends by itself. */
const LONGEST_LOOK_SECONDS = 90;
/** Longer than a preview of a large directory takes, which ends by itself. */
const LONGEST_PREVIEW_SECONDS = 330;
const MOST_SAMPLED = 1000;
const MOST_SHOWN = 100;

/** Queries that show what settings do before they are saved. They read the source and change nothing. */
@Resolver()
export class PreviewResolver {
  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @TakesLonger(LONGEST_LOOK_SECONDS)
  @Mutation(() => DiscoverAttributesPayload, {
    nullable: true,
    description:
      'The attributes that people in scope really have, with how many of the sampled people fill them and a few sample values. Takes unsaved settings, a saved connection, or both; given settings override saved ones. `requireEmail` of the scope is not applied, because it depends on the mappings. Changes nothing.',
  })
  async discoverAttributes(
    @Ctx() context: ApiContext,
    @Arg('connectionId', () => ID, { nullable: true, description: 'The connection whose saved settings are used.' })
    connectionId?: string | null,
    @Arg('source', () => SourceInput, { nullable: true, description: 'Settings that override saved ones.' })
    source?: SourceInput | null,
    @Arg('scope', () => ScopeInput, { nullable: true, description: 'A scope that overrides the saved one.' })
    scope?: ScopeInput | null,
    @Arg('sampleSize', () => Int, {
      nullable: true,
      defaultValue: 200,
      description: `How many people are sampled, 1 to ${MOST_SAMPLED}; some below each base DN.`,
    })
    sampleSize?: number | null,
  ): Promise<DiscoverAttributesPayload> {
    const people = inRange('sampleSize', sampleSize ?? 200, MOST_SAMPLED);
    const { request, userErrors } = await lookRequest(connectionId ?? null, { source, scope }, context);
    if (request === null) return { attributes: null, error: null, userErrors };
    const outcome = await context.sources.discover(request, people, context.signal);
    return outcome.kind === 'failed'
      ? { attributes: null, error: outcome.error, userErrors }
      : { attributes: outcome.answer, error: null, userErrors };
  }

  @Needs(Permission.CONTACT_SYNC_MANAGE, Permission.CONTACTS_VIEW)
  @TakesLonger(LONGEST_PREVIEW_SECONDS)
  @Mutation(() => PreviewConnectionPayload, {
    nullable: true,
    description:
      'Who would be included, and how the mapping turns out for the first of them; for a saved connection also what the next run would change. Takes unsaved settings, a saved connection, or both; given settings override saved ones. Reads everybody, and changes nothing.',
  })
  async previewConnection(
    @Ctx() context: ApiContext,
    @Arg('connectionId', () => ID, { nullable: true, description: 'The connection whose saved settings are used.' })
    connectionId?: string | null,
    @Arg('source', () => SourceInput, { nullable: true, description: 'Settings that override saved ones.' })
    source?: SourceInput | null,
    @Arg('scope', () => ScopeInput, { nullable: true, description: 'A scope that overrides the saved one.' })
    scope?: ScopeInput | null,
    @Arg('mappings', () => [FieldMappingInput], {
      nullable: true,
      description: 'Mappings that replace the saved ones.',
    })
    mappings?: FieldMappingInput[] | null,
    @Arg('first', () => Int, {
      nullable: true,
      defaultValue: 20,
      description: `How many people are shown, 1 to ${MOST_SHOWN}.`,
    })
    first?: number | null,
  ): Promise<PreviewConnectionPayload> {
    const people = inRange('first', first ?? 20, MOST_SHOWN);
    const { request, userErrors } = await lookRequest(connectionId ?? null, { source, scope, mappings }, context);
    if (request === null) return { preview: null, error: null, userErrors };
    const outcome = await context.sources.preview(request, people, context.signal);
    return outcome.kind === 'failed'
      ? { preview: null, error: outcome.error, userErrors }
      : { preview: showPreview(outcome.answer), error: null, userErrors };
  }

  @Needs(Permission.CONTACT_SYNC_MANAGE, Permission.CONTACTS_VIEW)
  @TakesLonger(LONGEST_PREVIEW_SECONDS)
  @Mutation(() => ExplainPersonPayload, {
    nullable: true,
    description:
      'One person, step by step: found or not, which condition of the scope lets them in or leaves them out, what each mapping yields, which contact they match, and what the next run would do with them. A directory is asked only for the people whose state decides about this one, where that is enough; otherwise everybody is read. A step says if the whole run would be HELD, as `previewConnection` does; if only few people were read, it says what could hold the run. Changes nothing.',
  })
  async explainPerson(
    @Arg('connectionId', () => ID, { description: 'The connection.' }) connectionId: string,
    @Arg('person', () => String, {
      description: 'The person: a stable id, a DN, an email address, a login or a name, in scope or not.',
    })
    person: string,
    @Ctx() context: ApiContext,
  ): Promise<ExplainPersonPayload> {
    const wrong = personFault(person);
    if (wrong !== null) return { explanation: null, error: null, userErrors: [wrong] };
    const { request, userErrors } = await lookRequest(connectionId, {}, context);
    if (request === null) return { explanation: null, error: null, userErrors };
    const outcome = await context.sources.explain(request, person.trim(), context.signal);
    if (outcome.kind === 'failed') return { explanation: null, error: outcome.error, userErrors };
    const { steps, person: shown, ...rest } = outcome.answer;
    const explanation = { ...rest, steps: [...steps], person: shown && showPerson(shown) };
    return { explanation, error: null, userErrors };
  }
}

const LONGEST_PERSON = 2000;

function personFault(person: string): UserError | null {
  const field = ['person'];
  if (person.trim() === '') return { field, code: 'REQUIRED', message: 'Say who is meant.' };
  if (person.length > LONGEST_PERSON)
    return { field, code: 'TOO_LONG', message: `At most ${LONGEST_PERSON} characters.` };
  return checkStorable(person, field)[0] ?? null;
}

function inRange(name: string, value: number, most: number): number {
  if (value >= 1 && value <= most) return value;
  throw new AppError('BAD_USER_INPUT', `${name} is from 1 to ${most}.`);
}
