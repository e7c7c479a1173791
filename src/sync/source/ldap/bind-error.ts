import { AppError } from '../../../core/app-error.ts';

const notAgain = 'It is not tried again, so that the account does not get locked.';

/** Active Directory's reasons for result 49 (`data 52e`), and what to do. All but 525 and 52e mean that the password was right. */
const activeDirectoryReasons: Record<string, [reason: string, hint: string]> = {
  '525': ['there is no such account', `Check bindDn: its DN, or name@domain. ${notAgain}`],
  '52e': ['the name or the password is wrong', `Check bindDn and bindPassword. ${notAgain}`],
  '52f': [
    'the account is restricted in where or how it may sign in',
    "Remove the account's restrictions in Active Directory (logon hours, workstations, policies), or use another account.",
  ],
  '530': [
    'the account may not sign in at this time of day',
    "Allow it in the account's logon hours in Active Directory, or let runs start within them.",
  ],
  '531': [
    'the account may not sign in from this computer',
    'Allow it in Active Directory ("Log On To" of the account), or use another account.',
  ],
  '532': [
    'the password has expired',
    'Set a new password in Active Directory (one that never expires suits a service account), and give it here as bindPassword.',
  ],
  '533': ['the account is disabled', 'Enable the account in Active Directory, or use another.'],
  '568': ['the account is in too many groups', 'Take the account out of groups in Active Directory, or use another.'],
  '701': ['the account has expired', 'Move the day on which the account expires in Active Directory, or use another.'],
  '773': [
    'the password must be changed before the first sign-in',
    'Turn off "User must change password at next logon" in Active Directory, or set a new password and give it here.',
  ],
  '775': [
    'the account is locked after too many attempts',
    'Unlock the account in Active Directory, and find out who tries it with a wrong password before you run again.',
  ],
};

const hints: Record<number, string> = {
  7: 'The server does not take simple binds: allow them there.',
  8: 'Use ldaps:// or turn on startTls: the server takes passwords only on an encrypted or signed connection.',
  13: 'Use ldaps:// or turn on startTls: the server takes passwords only on an encrypted connection.',
  19: 'The account is locked for now after too many attempts, or its password must be changed.',
  32: 'There is no such account: check bindDn.',
  34: 'The server can not read bindDn as a DN: check its spelling.',
  48: 'The account has no password on the server, or may not sign in by one.',
  49: `Check bindDn and bindPassword. ${notAgain}`,
  53: 'The account is disabled, locked, or its password has expired on the server.',
};

/** Hints by result code, for a client certificate. */
const certificateHints: Record<number, string> = {
  7: 'The server does not take client certificates as sign-in: let it ask for them (OpenLDAP: TLSVerifyClient try) and trust their CA.',
  8: 'The server wants more than a certificate: look at its rules for sign-in.',
  48: 'The server has not taken the certificate: let it ask for one (OpenLDAP: TLSVerifyClient try) and trust its CA.',
  49: 'No account belongs to the certificate: map its subject to one on the server (OpenLDAP: authz-regexp; 389 Directory Server: certmap.conf), and check that it is the right certificate.',
};

const otherCertificateHint =
  'Check on the server that it asks for client certificates, trusts the CA of this one, and maps its subject to an account.';

/** `code`: the result of the bind. Null: the server accepted it, but signed nobody in. */
type CertificateRefusal = { code: number | null; text: string; server: string; subject: string };

/** The AppError for a sign-in by client certificate that did not succeed. */
export function certificateRefused({ code, text: said, server, subject }: CertificateRefusal): AppError {
  if (code === 51 || code === 52) return busy(server, code);
  const because = said === '' ? '' : `: ${said}`;
  const result = code === null ? '' : ` (result ${code})`;
  const message = `${server} refuses to let the client certificate of "${subject}" sign in${because}${result}.`;
  return new AppError('BIND_REFUSED', message, { hint: certificateHints[code ?? 0] ?? otherCertificateHint });
}

function busy(server: string, code: number): AppError {
  return new AppError('SERVER_BUSY', `${server} is too busy to let anybody sign in (result ${code}).`, {
    hint: 'Try again later.',
  });
}

/** `text` is the server's message, without the password. */
type Refusal = { code: number; text: string; server: string; bindDn: string };

/** The AppError for a bind that did not succeed. */
export function bindError({ code, text: said, server, bindDn }: Refusal): AppError {
  if (code === 51 || code === 52) return busy(server, code);
  const [reason = said, hint] = activeDirectoryReasons[/\bdata ([\da-f]+)/i.exec(said)?.[1]?.toLowerCase() ?? ''] ?? [];
  const because = reason === '' ? '' : `: ${reason}`;
  return new AppError('BIND_REFUSED', `${server} refuses to let "${bindDn}" sign in${because} (result ${code}).`, {
    hint: hint ?? hints[code] ?? 'Check bindDn and bindPassword.',
  });
}
