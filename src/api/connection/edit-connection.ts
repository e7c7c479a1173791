import type { FieldMapping, RemovalPolicy, Scope, Secrets, SourceKind, SourceSettings } from '../../core/connection.ts';
import type { ConnectionEdit } from '../../core/records.ts';
import { defaultRemoval } from '../../core/removal-limits.ts';
import type { SourceKindInfo } from '../../core/source-kind.ts';
import type { EditedSecrets, SourcesPort } from '../../core/sources-port.ts';
import { givenSource, type SourceInput } from '../source/source.type.ts';
import type { CreateConnectionInput, UpdateConnectionInput } from './connection.inputs.ts';
import type { FieldMappingInput } from './field-mapping.type.ts';
import type { ScopeInput } from './scope.type.ts';

/** What null means for a single member: it switches the limit on emptied fields off. */
const nulledRemoval: RemovalPolicy = { ...defaultRemoval, maxEmptiedPercent: null };

/** A connection with these settings and all its other defaults. */
function defaultEdit(kind: SourceKind, source: SourceSettings, sources: SourcesPort): ConnectionEdit {
  const { scope, mappings } = sources.defaults(kind, source);
  return {
    name: '',
    description: '',
    status: 'DRAFT',
    kind,
    source,
    scope,
    mappings,
    removal: defaultRemoval,
    schedule: null,
    continuous: false,
    fullEvery: 24,
    photo: false,
    matchBy: 'PRIMARY_EMAIL',
    priority: 100,
  };
}

/** A new connection: the defaults of its kind, overridden by the input. */
export function newConnection(input: CreateConnectionInput, kind: SourceKind, sources: SourcesPort): ConnectionEdit {
  const bare = sources.settings(kind, null, {});
  const source = editSource({ kind, source: bare }, input.source, sources);
  return editConnection(defaultEdit(kind, source, sources), input, sources);
}

/**
 * Applies an edit to a connection without checking it. A source of another kind is ignored here and refused elsewhere.
 */
export function editConnection(
  current: ConnectionEdit,
  input: UpdateConnectionInput,
  sources: SourcesPort,
): ConnectionEdit {
  const source = editSource(current, input.source, sources);
  const defaults = defaultEdit(current.kind, source, sources);
  return {
    name: mergeValue(current.name, input.name, '').trim(),
    description: mergeValue(current.description, input.description, '').trim(),
    status: mergeValue(current.status, input.status, defaults.status),
    kind: current.kind,
    source,
    scope: mergeMembers(current.scope, scopeOf(input.scope), defaults.scope),
    mappings: mergeValue(
      current.mappings,
      input.mappings?.map(mappingOf) ?? nothing(input.mappings),
      defaults.mappings,
    ),
    removal: mergeMembers(current.removal, input.removal, input.removal ? nulledRemoval : defaults.removal),
    schedule: mergeValue(current.schedule, input.schedule && { ...input.schedule }, null),
    continuous: mergeValue(current.continuous, input.continuous, defaults.continuous),
    fullEvery: mergeValue(current.fullEvery, input.fullEvery, defaults.fullEvery),
    photo: mergeValue(current.photo, input.photo, defaults.photo),
    matchBy: mergeValue(current.matchBy, input.matchBy, defaults.matchBy),
    priority: mergeValue(current.priority, input.priority, defaults.priority),
  };
}

function editSource(
  { kind, source: current }: Pick<ConnectionEdit, 'kind' | 'source'>,
  source: SourceInput | null | undefined,
  sources: SourcesPort,
): SourceSettings {
  if (!source) return current;
  const { kind: givenKind, given } = givenSource(source);
  return givenKind === kind ? sources.settings(kind, current, given) : current;
}

function nothing(value: unknown): null | undefined {
  return value === null ? null : undefined;
}

function scopeOf(scope: ScopeInput | null | undefined): Given<Scope> | null | undefined {
  return (
    scope && {
      ...scope,
      rules: scope.rules?.map((rule) => ({ ...rule, values: rule.values ?? [] })) ?? nothing(scope.rules),
    }
  );
}

function mappingOf(mapping: FieldMappingInput): FieldMapping {
  return {
    field: mapping.field,
    label: mapping.label ?? null,
    attributes: mapping.attributes ?? [],
    template: mapping.template ?? null,
    value: mapping.value ?? null,
    transforms: mapping.transforms ?? [],
    policy: mapping.policy ?? 'ALWAYS',
    whenEmpty: mapping.whenEmpty ?? 'CLEAR',
  };
}

/** An object in an update: a member that is left out stays, null restores its default. */
type Given<T> = { readonly [member in keyof T]?: T[member] | null };

/**
 * Merges `given` into `current`, member by member; lists are replaced. When `given` is null, all defaults come back;
 * when it is left out, nothing changes. Members that `current` does not have are ignored.
 */
function mergeMembers<T extends object>(current: T, given: Given<T> | null | undefined, defaults: T): T {
  if (given === undefined) return current;
  if (given === null) return defaults;
  const merged = { ...current };
  for (const member of keysOf(current)) {
    merged[member] = mergeValue<T[keyof T]>(current[member], given[member], defaults[member]);
  }
  return merged;
}

/** The same for a single value. */
function mergeValue<V>(current: V, given: V | null | undefined, fallback: V): V {
  return given === undefined ? current : (given ?? fallback);
}

/** `Object.keys` with the type of the keys. */
const keysOf = Object.keys as <T extends object>(object: T) => (keyof T)[];

/** The secrets among the settings given for a source. Null or an empty text removes a secret. */
export function givenSecrets({ secrets }: SourceKindInfo, given: SourceSettings): Secrets {
  return Object.fromEntries(
    secrets.flatMap((name) => (given[name] === undefined ? [] : [[name, textOrNull(given[name])] as const])),
  );
}

function textOrNull(secret: unknown): string | null {
  return typeof secret === 'string' && secret !== '' ? secret : null;
}

/** A connection's secrets after an edit: the names of the stored ones that stay unchanged and of all of them, and the given ones. */
export function secretsAfter(stored: readonly string[], given: Secrets): EditedSecrets & { kept: ReadonlySet<string> } {
  const kept = stored.filter((name) => given[name] === undefined);
  const added = Object.keys(given).filter((name) => given[name] !== null);
  return { kept: new Set(kept), has: new Set([...kept, ...added]), given };
}
