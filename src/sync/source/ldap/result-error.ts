import { AppError } from '../../../core/app-error.ts';
import type { LdapResult } from './search-result.ts';

/** What a search was for, to say it in the error. */
export type SearchContext = {
  server: string;
  baseDn: string;
  timeoutSeconds: number;
  namingContexts: readonly string[];
  firstPage: boolean;
};

const said = (result: LdapResult): string =>
  result.message.trim() === '' ? '' : ` The server says: ${result.message.trim()}.`;

type Explain = (result: LdapResult, context: SearchContext) => AppError;

const noSuchBase: Explain = (result, { baseDn, namingContexts }) => {
  const upTo = result.matchedDn === '' ? '' : ` The part that exists is "${result.matchedDn}".`;
  const contexts =
    namingContexts.length === 0 ? '' : ` The server holds: ${namingContexts.map((dn) => `"${dn}"`).join(', ')}.`;
  const elsewhere = result.referrals.length === 0 ? '' : ` It refers to ${result.referrals.join(', ')}.`;
  return new AppError(
    'BASE_DN_NOT_FOUND',
    `The base DN "${baseDn}" is not on this server.${elsewhere}${said(result)}`,
    {
      hint: `Check its spelling, and that the bind account may see it.${upTo}${contexts}`,
    },
  );
};

const sizeLimit: Explain = (result, { server, baseDn }) =>
  new AppError('SIZE_LIMIT', `${server} ended the search of "${baseDn}" at its size limit.${said(result)}`, {
    hint: 'Raise the size limit of the bind account on the server (OpenLDAP: `limits … size=unlimited`; 389DS: nsSizeLimit, nsLookThroughLimit), or narrow the scope.',
  });

const timeLimit: Explain = (result, { server, baseDn, timeoutSeconds }) =>
  new AppError(
    'TIME_LIMIT',
    `${server} ended the search of "${baseDn}" at its time limit (asked for: ${timeoutSeconds} s).${said(result)}`,
    {
      hint: 'Raise timeoutSeconds or the time limit of the bind account on the server, make pages smaller, or have the attributes of the filter indexed.',
    },
  );

const pagingRefused: Explain = (result, { server }) =>
  new AppError('PAGING_REFUSED', `${server} refuses paged results to the bind account.${said(result)}`, {
    hint: 'Allow the bind account paged searches (OpenLDAP: `limits … size.prtotal=unlimited`), or use an account that has them.',
  });

const filterRefused: Explain = (result, { server }) =>
  new AppError('FILTER_REFUSED', `${server} does not accept the filter (result ${result.code}).${said(result)}`, {
    hint: "Check the scope's filter and rules: each attribute must exist in the server's schema and allow the comparison.",
  });

const busy: Explain = (result, { server }) =>
  new AppError('SERVER_BUSY', `${server} is too busy or not available now (result ${result.code}).${said(result)}`, {
    hint: 'Try again later, or name a further server in the URLs.',
  });

const incomplete: Explain = (result, { server, baseDn }) =>
  new AppError(
    'INCOMPLETE_READ',
    `${server} did not finish the search of "${baseDn}" (result ${result.code}).${said(result)}`,
    {
      hint:
        result.code === 50
          ? 'Give the bind account the right to read and search there.'
          : "Look at the server's own log for the reason.",
    },
  );

const operationsError: Explain = (result, context) =>
  /bind must be completed/i.test(result.message)
    ? new AppError('BIND_REFUSED', `${context.server} answers only to those who have signed in.${said(result)}`, {
        hint: 'Set bindDn and bindPassword.',
      })
    : incomplete(result, context);

/** Result 11 is what OpenLDAP says to an account without paging, and others when a look-through limit is hit. */
const adminLimit: Explain = (result, context) =>
  (context.firstPage && /page/i.test(result.message) ? pagingRefused : sizeLimit)(result, context);

const unwilling: Explain = (result, context) =>
  (context.firstPage && /page|critical|control/i.test(result.message) ? pagingRefused : incomplete)(result, context);

const protocolError: Explain = (result, context) =>
  (/filter/i.test(result.message) ? filterRefused : incomplete)(result, context);

/** By result code (RFC 4511, appendix A; 87 is Active Directory's own filter error). */
const explanations: Record<number, Explain> = {
  1: operationsError,
  2: protocolError,
  3: timeLimit,
  4: sizeLimit,
  10: noSuchBase,
  11: adminLimit,
  12: pagingRefused,
  16: filterRefused,
  17: filterRefused,
  18: filterRefused,
  21: filterRefused,
  32: noSuchBase,
  34: noSuchBase,
  51: busy,
  52: busy,
  53: unwilling,
  87: filterRefused,
};

/** The AppError for a search that ended with anything but success. */
export function resultError(result: LdapResult, context: SearchContext): AppError {
  return (explanations[result.code] ?? incomplete)(result, context);
}
