import type { LdapSettings, SourceKind } from '../../core/connection.ts';
import type { SourceKindInfo } from '../../core/source-form.ts';
import type { LdapSettingsInput, SourceInput } from '../source/source.inputs.ts';

/** A source as given: its kind, and the settings with the member of `SourceInput` that they stand in. */
export type GivenSource = { kind: SourceKind; member: keyof SourceInput; given: LdapSettingsInput };

/** By its @oneOf, a source input has exactly one member. */
export const givenSource = (source: SourceInput): GivenSource =>
  source.activeDirectory
    ? { kind: 'ACTIVE_DIRECTORY', member: 'activeDirectory', given: source.activeDirectory }
    : { kind: 'LDAP', member: 'ldap', given: source.ldap ?? {} };

/** The member of `SourceInput` that a kind's settings stand in. */
export const memberOf = { LDAP: 'ldap', ACTIVE_DIRECTORY: 'activeDirectory' } as const satisfies Record<
  SourceKind,
  keyof SourceInput
>;

/** The settings of a source that gives none: those that its form names, and nothing else. */
export function defaultSettings({ settings }: SourceKindInfo): LdapSettings {
  const byName = new Map(settings.map((setting) => [setting.name, setting.default]));
  const flag = (name: string) => byName.get(name) === 'true';
  const number = (name: string, fallback: number) => Number(byName.get(name) ?? fallback);
  return {
    urls: [],
    startTls: flag('startTls'),
    tlsCa: null,
    tlsVerify: byName.get('tlsVerify') !== 'false',
    bindDn: null,
    baseDns: [],
    pageSize: number('pageSize', 1000),
    timeoutSeconds: number('timeoutSeconds', 30),
    idAttribute: null,
  };
}
