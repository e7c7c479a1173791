import { isDeepStrictEqual } from 'node:util';
import type { LdapSettings } from '../../core/connection.ts';
import type { UserError } from '../../core/user-error.ts';
import type { LdapSettingsInput } from '../source/source.inputs.ts';

/** A password is of no use without the account that it belongs to. */
export const checkAccount = ({ bindDn }: LdapSettings, hasPassword: boolean, path: readonly string[]): UserError[] =>
  !hasPassword || (bindDn !== null && bindDn.trim() !== '')
    ? []
    : [
        {
          field: [...path, 'bindDn'],
          code: 'REQUIRED',
          message:
            'Give bindDn too, the account that the password belongs to. To read without signing in, set bindPassword to null.',
        },
      ];

/** The settings that say where the password would be sent, and how. */
const wayOfSecret = ['urls', 'tlsCa', 'startTls', 'tlsVerify'] as const;

/**
 * Refuses to send a stored password another way than the one it was given for: whoever may edit could have it sent to a
 * host of theirs otherwise. Nothing to refuse when none is stored, or one (or null) is given with the change.
 */
export function checkSecret(
  saved: { source: LdapSettings; hasBindPassword: boolean },
  wanted: LdapSettings,
  given: LdapSettingsInput,
  path: readonly string[],
): UserError[] {
  if (!saved.hasBindPassword || given.bindPassword !== undefined) return [];
  const changed = wayOfSecret.filter((setting) => !isDeepStrictEqual(saved.source[setting], wanted[setting]));
  if (changed.length === 0) return [];
  const message = `Give the bind password again: ${changed.join(', ')} would change where or how it is sent.`;
  return [{ field: [...path, 'bindPassword'], code: 'SECRET_REQUIRED', message }];
}
