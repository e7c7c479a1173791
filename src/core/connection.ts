import type { ContactField } from './contact.ts';

/** The kinds of source that this service can read. Each has a folder in sync/source/. */
export const SourceKind = { LDAP: 'LDAP', ACTIVE_DIRECTORY: 'ACTIVE_DIRECTORY', CSV: 'CSV' } as const;
export type SourceKind = (typeof SourceKind)[keyof typeof SourceKind];

export const ConnectionStatus = { DRAFT: 'DRAFT', ENABLED: 'ENABLED' } as const;
export type ConnectionStatus = (typeof ConnectionStatus)[keyof typeof ConnectionStatus];

/** How a person is matched to a contact that the connection does not feed yet. The stable id is always tried first. */
export const MatchBy = { PRIMARY_EMAIL: 'PRIMARY_EMAIL', EXTERNAL_ID_ONLY: 'EXTERNAL_ID_ONLY' } as const;
export type MatchBy = (typeof MatchBy)[keyof typeof MatchBy];

/** What happens to contacts that only a deleted connection fed. */
export const OrphanedContacts = { KEEP: 'KEEP', DEACTIVATE: 'DEACTIVATE', DELETE: 'DELETE' } as const;
export type OrphanedContacts = (typeof OrphanedContacts)[keyof typeof OrphanedContacts];

/** The settings of a source, as JSON. Only the module of the source's kind reads them (sync/source/<kind>/). */
export type SourceSettings = Readonly<Record<string, unknown>>;

/** A source's passwords and keys, by name. They are never stored in clear, logged or sent back. Null: there is none. */
export type Secrets = Readonly<Record<string, string | null>>;

export const ScopeMatch = { ALL: 'ALL', ANY: 'ANY' } as const;
export type ScopeMatch = (typeof ScopeMatch)[keyof typeof ScopeMatch];

/** Upper and lower case count as equal, as in directories. */
export const ScopeOperator = {
  EQUALS: 'EQUALS',
  NOT_EQUALS: 'NOT_EQUALS',
  IN: 'IN',
  NOT_IN: 'NOT_IN',
  STARTS_WITH: 'STARTS_WITH',
  ENDS_WITH: 'ENDS_WITH',
  CONTAINS: 'CONTAINS',
  EXISTS: 'EXISTS',
  NOT_EXISTS: 'NOT_EXISTS',
} as const;
export type ScopeOperator = (typeof ScopeOperator)[keyof typeof ScopeOperator];

export type ScopeRule = { attribute: string; operator: ScopeOperator; values: string[] };

/**
 * Who is included: people who are in at least one of the groups (if any are named), meet the rules and the filter, and whom the
 * excludes do not leave out.
 */
export type Scope = {
  groups: string[];
  nestedGroups: boolean;
  /** Groups whose members are left out. `nestedGroups` applies to them too. */
  excludeGroups: string[];
  /** Places in the source, below which people are left out. */
  excludeBaseDns: string[];
  match: ScopeMatch;
  rules: ScopeRule[];
  /** In the source's own filter language; null: no filter. */
  filter: string | null;
  includeDisabled: boolean;
  requireEmail: boolean;
};

export const Transform = {
  LOWERCASE: 'LOWERCASE',
  UPPERCASE: 'UPPERCASE',
  PHONE_E164: 'PHONE_E164',
  COUNTRY_CODE: 'COUNTRY_CODE',
  FIRST_LINE: 'FIRST_LINE',
  POSTAL_ADDRESS: 'POSTAL_ADDRESS',
  BOOLEAN: 'BOOLEAN',
} as const;
export type Transform = (typeof Transform)[keyof typeof Transform];

/** ALWAYS: each run sets the field. IF_EMPTY: only while the field is empty. ON_CREATE: only when the contact is created. */
export const MappingPolicy = { ALWAYS: 'ALWAYS', IF_EMPTY: 'IF_EMPTY', ON_CREATE: 'ON_CREATE' } as const;
export type MappingPolicy = (typeof MappingPolicy)[keyof typeof MappingPolicy];

/** What happens when the source has no value: CLEAR the field or KEEP what the contact has. */
export const WhenEmpty = { CLEAR: 'CLEAR', KEEP: 'KEEP' } as const;
export type WhenEmpty = (typeof WhenEmpty)[keyof typeof WhenEmpty];

/** How one contact field is filled. Exactly one of three is set: `attributes` (the first with a value wins), `template`, `value`. */
export type FieldMapping = {
  field: ContactField;
  /** For EMAIL and PHONE, which are filled label by label; null for other fields. */
  label: string | null;
  attributes: string[];
  /** Liquid, over the person's attributes. */
  template: string | null;
  value: string | null;
  transforms: Transform[];
  policy: MappingPolicy;
  whenEmpty: WhenEmpty;
};

export const RemovalAction = { KEEP: 'KEEP', DEACTIVATE: 'DEACTIVATE', DELETE: 'DELETE' } as const;
export type RemovalAction = (typeof RemovalAction)[keyof typeof RemovalAction];

/**
 * What happens to contacts whose person is gone, and after how many days. The limits say how many people may newly be gone, or lose
 * the value of a field, before a run is HELD.
 */
export type RemovalPolicy = {
  action: RemovalAction;
  graceDays: number;
  /** Null: not set; see removal-limits.ts for what applies then. */
  maxPercent: number | null;
  maxCount: number | null;
  /** Percent of the active contacts with a value in one field that a run may empty; null: any number. */
  maxEmptiedPercent: number | null;
};

/** A five-field cron expression in an IANA time zone. */
export type Schedule = { cron: string; timeZone: string };

/** All that a run needs of a connection, without its secrets. A run keeps the copy it started with. */
export type ConnectionSettings = {
  kind: SourceKind;
  source: SourceSettings;
  scope: Scope;
  mappings: FieldMapping[];
  removal: RemovalPolicy;
  matchBy: MatchBy;
  /** Whether photos are fetched, too. */
  photo: boolean;
  /** When several connections fill a field, the lowest priority wins. Between equals the older connection wins. */
  priority: number;
};

/** Whether a text is the name of a time zone in the IANA list. An offset such as +02:00 is not, because it has no summer time. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
