import { AppError } from '../../../core/app-error.ts';
import { listed } from '../../../core/outside-text.ts';
import type { Flavour } from './flavour.ts';
import { moreRights } from './ldap-settings.ts';
import type { LdapResult } from './search-result.ts';

/** The facts about a failed search that its error needs. */
export type SearchContext = {
  server: string;
  baseDn: string;
  /** The account that signs in. Null: none. */
  bindDn: string | null;
  flavour: Flavour;
  timeoutSeconds: number;
  namingContexts: readonly string[];
  firstPage: boolean;
};

function said(result: LdapResult): string {
  return result.message === '' ? '' : ` The server says: ${result.message}.`;
}

type Explain = (result: LdapResult, context: SearchContext) => AppError;

const noSuchBase: Explain = (result, context) => {
  const { baseDn, namingContexts } = context;
  const upTo = result.matchedDn === '' ? '' : ` The part that exists is "${result.matchedDn}".`;
  const contexts = namingContexts.length === 0 ? '' : ` The server holds: ${listed(namingContexts)}.`;
  const elsewhere = result.referrals.length === 0 ? '' : ` It refers to ${listed(result.referrals)}.`;
  return new AppError(
    'BASE_DN_NOT_FOUND',
    `The base DN "${baseDn}" is not on this server.${elsewhere}${said(result)}`,
    {
      hint: `Check its spelling. ${moreRights(context.bindDn, 'Check that the bind account may see it.')}${upTo}${contexts}`,
    },
  );
};

const sizeLimit: Explain = (result, context) =>
  new AppError(
    'SIZE_LIMIT',
    `${context.server} ended the search of "${context.baseDn}" at its size limit.${said(result)}`,
    { hint: `Raise ${limitOf(result, context)}, or narrow the scope.` },
  );

/** The server's own names of the limit. 389 Directory Server has extra limits for paged searches, which replace the plain ones. */
function limitOf({ code }: LdapResult, { flavour }: SearchContext): string {
  if (flavour === 'DS389' || flavour === 'FREEIPA') {
    return code === 4
      ? "the server's size limit for pages: nsPagedSizeLimit on the bind account, or nsslapd-pagedsizelimit in cn=config (without them nsSizeLimit and nsslapd-sizelimit count)"
      : "the server's look-through limit for pages: nsPagedLookThroughLimit and nsPagedIDListScanLimit on the bind account, or nsslapd-pagedlookthroughlimit and nsslapd-pagedidlistscanlimit in cn=config,cn=ldbm database,cn=plugins,cn=config (without them nsLookThroughLimit and nsslapd-lookthroughlimit count)";
  }
  if (flavour === 'ACTIVE_DIRECTORY') {
    return 'the limits of the LDAP policy on the domain controllers (ntdsutil: MaxResultSetSize, MaxTempTableSize)';
  }
  if (flavour === 'OPENLDAP') {
    return 'the limits of the bind account on the server (`limits … size=unlimited size.prtotal=unlimited size.unchecked=unlimited`)';
  }
  return 'the size limit of the bind account on the server (OpenLDAP: `limits … size=unlimited`; 389 Directory Server: nsPagedSizeLimit, nsPagedLookThroughLimit)';
}

const timeLimit: Explain = (result, { server, baseDn, timeoutSeconds }) =>
  new AppError(
    'TIME_LIMIT',
    `${server} ended the search of "${baseDn}" at its time limit (asked for: ${timeoutSeconds} s).${said(result)}`,
    {
      hint: 'Raise timeoutSeconds or the time limit of the bind account on the server, make pages smaller, or have the attributes of the filter indexed.',
    },
  );

const pagingRefused: Explain = (result, { server, flavour }) =>
  new AppError('PAGING_REFUSED', `${server} refuses paged results to the bind account.${said(result)}`, {
    hint:
      flavour === 'OPENLDAP'
        ? 'Allow the bind account paged searches (`limits … size.prtotal=unlimited`), or use an account that has them.'
        : 'Allow the bind account paged searches, or use an account that has them.',
  });

const filterRefused: Explain = (result, { server }) =>
  new AppError('FILTER_REFUSED', `${server} does not accept the filter (result ${result.code}).${said(result)}`, {
    hint: "Check the scope's filter and rules: each attribute must exist in the server's schema and allow the comparison.",
  });

const busy: Explain = (result, { server }) =>
  new AppError('SERVER_BUSY', `${server} is too busy or not available now (result ${result.code}).${said(result)}`, {
    hint: 'Try again later, or name a further server in the URLs.',
  });

function unfinished(hint: (context: SearchContext) => string): Explain {
  return (result, context) =>
    new AppError(
      'INCOMPLETE_READ',
      `${context.server} did not finish the search of "${context.baseDn}" (result ${result.code}).${said(result)}`,
      { hint: hint(context) },
    );
}

const incomplete = unfinished(() => "Look at the server's own log for the reason.");

const noRight = unfinished(({ bindDn }) =>
  moreRights(bindDn, 'Give the bind account the right to read and search there.'),
);

const notEncrypted = unfinished(
  () => 'Use ldaps:// or turn on startTls: the server answers only on an encrypted connection.',
);

const notSignedIn: Explain = (result, { server, bindDn }) =>
  new AppError('BIND_REFUSED', `${server} answers only accounts that have signed in.${said(result)}`, {
    hint:
      bindDn === null
        ? 'Set bindDn and bindPassword.'
        : `"${bindDn}" has signed in, but the server does not count it: check that it is an account of this server's own directory.`,
  });

/** The server's message tells: Active Directory's, or Samba's ("Operation unavailable without authentication"). */
const operationsError: Explain = (result, context) =>
  (/bind must be completed|without authentication/i.test(result.message) ? notSignedIn : incomplete)(result, context);

/** OpenLDAP sends result 11 to an account without paging; other servers send it when a look-through limit is hit. */
const adminLimit: Explain = (result, context) =>
  (context.firstPage && /page/i.test(result.message) ? pagingRefused : sizeLimit)(result, context);

const unwilling: Explain = (result, context) => {
  if (context.firstPage && /page|critical|control/i.test(result.message)) return pagingRefused(result, context);
  const anonymous = context.bindDn === null && /authenticat|anonymous/i.test(result.message);
  return (anonymous ? notSignedIn : incomplete)(result, context);
};

const protocolError: Explain = (result, context) =>
  (/filter/i.test(result.message) ? filterRefused : incomplete)(result, context);

/** By result code (RFC 4511, appendix A; 87 is Active Directory's own filter error). */
const explanations: Record<number, Explain> = {
  1: operationsError,
  2: protocolError,
  3: timeLimit,
  4: sizeLimit,
  8: notSignedIn,
  10: noSuchBase,
  11: adminLimit,
  12: pagingRefused,
  13: notEncrypted,
  16: filterRefused,
  17: filterRefused,
  18: filterRefused,
  21: filterRefused,
  32: noSuchBase,
  34: noSuchBase,
  48: notSignedIn,
  50: noRight,
  51: busy,
  52: busy,
  53: unwilling,
  87: filterRefused,
};

/** The AppError for a search that did not succeed. */
export function resultError(result: LdapResult, context: SearchContext): AppError {
  return (explanations[result.code] ?? incomplete)(result, context);
}
