import { parentDn } from '../dn.ts';
import { encodeFilter, present } from '../filter/filter.ts';
import { flavours } from '../flavour.ts';
import { momentOf } from '../incremental/generalized-time.ts';
import type { Reached } from '../reach.ts';
import { type RawEntry, readEntries, textsOf } from '../read-entries.ts';

/** The limits of Active Directory's query policy. Null: the policy does not set the limit. */
export type QueryPolicy = { pageSize: number | null; valueRange: number | null };

/** Reads one entry. Null: the server does not have it, or does not show it. */
async function readOne({ connection }: Reached, baseDn: string, attributes: string[]): Promise<RawEntry | null> {
  const filter = encodeFilter(present('objectClass'));
  const { entries, result } = await readEntries(connection, { baseDn, scope: 'base', filter, attributes }, 1);
  return result.code === 0 ? (entries[0] ?? null) : null;
}

/** How many seconds the server's clock is ahead of ours. Null: the server does not report its time. */
export async function clockAhead(reached: Reached): Promise<number | null> {
  const asked = Date.now();
  const rootDse = await readOne(reached, '', ['currentTime']);
  const answered = Date.now();
  const moment = momentOf(rootDse === null ? '' : (textsOf(rootDse, 'currentTime')[0] ?? ''));
  // The server reports whole seconds, so the mean of both moments is exact enough.
  return moment === null ? null : Math.round((moment / 1000 - (asked + answered) / 2) / 1000);
}

/**
 * The query policy of a domain controller: its own, or that of its site, or the usual one (MS-ADTS 3.1.1.3.4.6). Null: it is no domain
 * controller, or its policy can't be read.
 */
export async function queryPolicy(reached: Reached): Promise<QueryPolicy | null> {
  const { flavour, serviceDn } = reached.server;
  if (!flavours[flavour].isActiveDirectory || serviceDn === null) return null;
  // CN=NTDS Settings,CN=<controller>,CN=Servers,CN=<site>,CN=Sites,<configuration>
  const site = above(serviceDn, 3);
  const configuration = site === null ? null : above(site, 2);
  if (site === null || configuration === null) return null;
  const usual = `CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,${configuration}`;
  const own = (await policyDn(reached, serviceDn)) ?? (await policyDn(reached, `CN=NTDS Site Settings,${site}`));
  const policy = await readOne(reached, own ?? usual, ['lDAPAdminLimits']);
  const limits = policy === null ? [] : textsOf(policy, 'lDAPAdminLimits');
  return limits.length === 0
    ? null
    : { pageSize: limitOf(limits, 'MaxPageSize'), valueRange: limitOf(limits, 'MaxValRange') };
}

function above(dn: string, steps: number): string | null {
  let at: string | null = dn;
  for (let i = 0; i < steps && at !== null; i++) at = parentDn(at);
  return at;
}

async function policyDn(reached: Reached, dn: string): Promise<string | null> {
  const entry = await readOne(reached, dn, ['queryPolicyObject']);
  return entry === null ? null : (textsOf(entry, 'queryPolicyObject')[0] ?? null);
}

function limitOf(limits: readonly string[], name: string): number | null {
  const value = limits.map((limit) => /^(\w+)=(\d{1,9})$/.exec(limit.trim())).find((match) => match?.[1] === name)?.[2];
  return value === undefined ? null : Number(value);
}
