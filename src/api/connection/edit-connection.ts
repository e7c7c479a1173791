import type { FieldMapping, RemovalPolicy, Scope, SourceKind, SourceSettings } from '../../core/connection.ts';
import type { ConnectionEdit } from '../../core/records.ts';
import { defaultRemoval } from '../../core/removal-limits.ts';
import type { SourceKindInfo } from '../../core/source-form.ts';
import type { SourcesPort } from '../../core/sources-port.ts';
import type { FieldMappingInput } from '../mapping/field-mapping.inputs.ts';
import type { ScopeInput } from '../scope/scope.inputs.ts';
import type { SourceInput } from '../source/source.inputs.ts';
import { givenSource } from '../source/source-types.ts';
import type { CreateConnectionInput, UpdateConnectionInput } from './connection.inputs.ts';
import { type Given, mergeMembers, mergeValue } from './merge-members.ts';

/** What null says of a single member: a limit on emptied fields is switched off by it. */
const nulledRemoval: RemovalPolicy = { ...defaultRemoval, maxEmptiedPercent: null };

/** What a connection of this kind is when nothing is said about it. */
const defaultEdit = (info: SourceKindInfo, sources: SourcesPort): ConnectionEdit => ({
  name: '',
  description: '',
  status: 'DRAFT',
  kind: info.kind,
  source: sources.settings(info.kind, null, {}),
  scope: info.defaultScope,
  mappings: info.defaultMappings,
  removal: defaultRemoval,
  schedule: null,
  matchBy: 'PRIMARY_EMAIL',
  priority: 100,
});

/** A new connection: the defaults of its kind with what was given in place of them. */
export const newConnection = (input: CreateConnectionInput, kind: SourceKind, sources: SourcesPort): ConnectionEdit =>
  editConnection(defaultEdit(sources.kind(kind), sources), input, sources);

/** A connection with an edit applied, unchecked. A source of another kind is passed over: it is refused elsewhere. */
export function editConnection(
  current: ConnectionEdit,
  input: UpdateConnectionInput,
  sources: SourcesPort,
): ConnectionEdit {
  const defaults = defaultEdit(sources.kind(current.kind), sources);
  return {
    name: mergeValue(current.name, input.name, '').trim(),
    description: mergeValue(current.description, input.description, '').trim(),
    status: mergeValue(current.status, input.status, defaults.status),
    kind: current.kind,
    source: editSource(current, input.source, sources),
    scope: mergeMembers(current.scope, scopeOf(input.scope), defaults.scope),
    mappings: mergeValue(
      current.mappings,
      input.mappings?.map(mappingOf) ?? nothing(input.mappings),
      defaults.mappings,
    ),
    removal: mergeMembers(current.removal, input.removal, input.removal ? nulledRemoval : defaults.removal),
    schedule: mergeValue(current.schedule, input.schedule && { ...input.schedule }, null),
    matchBy: mergeValue(current.matchBy, input.matchBy, defaults.matchBy),
    priority: mergeValue(current.priority, input.priority, defaults.priority),
  };
}

const editSource = (
  { kind, source: current }: ConnectionEdit,
  source: SourceInput | null | undefined,
  sources: SourcesPort,
): SourceSettings => {
  if (!source) return current;
  const { kind: givenKind, given } = givenSource(source);
  return givenKind === kind ? sources.settings(kind, current, given) : current;
};

const nothing = (value: unknown): null | undefined => (value === null ? null : undefined);

const scopeOf = (scope: ScopeInput | null | undefined): Given<Scope> | null | undefined =>
  scope && {
    ...scope,
    rules: scope.rules?.map((rule) => ({ ...rule, values: rule.values ?? [] })) ?? nothing(scope.rules),
  };

const mappingOf = (mapping: FieldMappingInput): FieldMapping => ({
  field: mapping.field,
  label: mapping.label ?? null,
  attributes: mapping.attributes ?? [],
  template: mapping.template ?? null,
  value: mapping.value ?? null,
  transforms: mapping.transforms ?? [],
  policy: mapping.policy ?? 'ALWAYS',
  whenEmpty: mapping.whenEmpty ?? 'CLEAR',
});
