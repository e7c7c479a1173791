import { AppError } from '../../../core/app-error.ts';

/** Active Directory's reasons behind result 49 (`data 52e`), in words. */
const activeDirectoryReasons: Record<string, string> = {
  '525': 'there is no such account',
  '52e': 'the name or the password is wrong',
  '52f': 'the account is restricted in where or how it may sign in',
  '530': 'the account may not sign in at this time of day',
  '531': 'the account may not sign in from this computer',
  '532': 'the password has expired',
  '533': 'the account is disabled',
  '568': 'the account is in too many groups',
  '701': 'the account has expired',
  '773': 'the password must be changed before the first sign-in',
  '775': 'the account is locked',
};

const hints: Record<number, string> = {
  7: 'The server does not take simple binds: allow them there.',
  8: 'Use ldaps:// or turn on startTls: the server takes passwords only on an encrypted or signed connection.',
  13: 'Use ldaps:// or turn on startTls: the server takes passwords only on an encrypted connection.',
  19: 'The account is locked for now after too many attempts, or its password must be changed.',
  32: 'There is no such account: check bindDn.',
  34: 'The server can not read bindDn as a DN: check its spelling.',
  48: 'The account has no password on the server, or may not sign in by one.',
  49: 'Check bindDn and bindPassword. It is not tried again, so that the account is not locked.',
  53: 'The account is disabled, locked, or its password has expired on the server.',
};

type Refusal = { code: number; text: string; server: string; bindDn: string; password: string };

/** The AppError for a bind that the server has answered with anything but success. */
export function bindError({ code, text, server, bindDn, password }: Refusal): AppError {
  const words = text.replace(/ Code: 0x[\da-f]+$/i, '').trim();
  const said = password === '' ? words : words.replaceAll(password, '…');
  if (code === 51 || code === 52) {
    return new AppError('SERVER_BUSY', `${server} is too busy to let anybody sign in (result ${code}).`, {
      hint: 'Try again later.',
    });
  }
  const reason = activeDirectoryReasons[/\bdata ([\da-f]+)/i.exec(said)?.[1]?.toLowerCase() ?? ''];
  const because = reason === undefined ? (said === '' ? '' : `: ${said}`) : `: ${reason}`;
  return new AppError('BIND_REFUSED', `${server} refuses to let "${bindDn}" sign in${because} (result ${code}).`, {
    hint:
      reason === undefined
        ? (hints[code] ?? 'Check bindDn and bindPassword.')
        : `Mend the account in the directory, or use another: ${reason}.`,
  });
}
