import { z } from 'zod';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { Secrets } from '../../secrets.ts';
import { absoluteName, plainName } from '../dns/names.ts';

/** Milliseconds for one request. */
const TIME_LIMIT = 8_000;
const SHOWN = 200;

const rrset = z.object({
  name: z.string(),
  type: z.string(),
  ttl: z.number(),
  records: z.array(z.object({ content: z.string(), disabled: z.boolean().default(false) })),
});
export type Rrset = z.output<typeof rrset>;

export type RrsetChange = { readonly name: string; readonly type: string } & (
  | { readonly changetype: 'DELETE' }
  | { readonly changetype: 'REPLACE'; readonly ttl: number; readonly records: readonly { readonly content: string }[] }
);

const zoneAnswer = z.object({
  /** `Native`, `Master`, `Slave` and the like. */
  kind: z.string(),
  /** How a change by the API counts up the serial of the zone; empty: not at all. */
  soa_edit_api: z.string().default(''),
  rrsets: z.array(rrset).default([]),
});
export type ZoneAnswer = z.output<typeof zoneAnswer>;
const config = z.array(z.object({ name: z.string(), value: z.string() }));

/** What is used of the HTTP API of PowerDNS, for one zone. Errors of all as in `Zone`. */
export interface PowerdnsApi {
  /** The zone, with the sets of records of one name. */
  zone(name: string): Promise<ZoneAnswer>;
  /** Whether the server obeys LUA records in every zone. Whether it does so in one zone only, the API does not tell. */
  luaRecords(): Promise<boolean>;
  /** All changes in one transaction. */
  patch(changes: readonly RrsetChange[]): Promise<void>;
  /** Tells the secondary servers of the zone that it has changed. */
  notify(): Promise<void>;
}

export function createPowerdnsApi(
  { api, key, server, zone }: Pick<EntryVia<'powerdns'>, 'api' | 'key' | 'server' | 'zone'>,
  secrets: Secrets,
): PowerdnsApi {
  const root = `${api.replace(/\/+$/, '')}/api/v1/servers/${encodeURIComponent(server)}`;
  const ofZone = `/zones/${encodeURIComponent(absoluteName(zone))}`;

  async function request(path: string, how: Pick<RequestInit, 'method' | 'body'> = {}): Promise<string> {
    const headers = { 'X-API-Key': secrets.resolve(key), 'Content-Type': 'application/json' };
    let status: number;
    let text: string;
    try {
      const signal = AbortSignal.timeout(TIME_LIMIT);
      const answer = await fetch(`${root}${path}`, { headers, signal, redirect: 'manual', ...how });
      status = answer.status;
      text = await answer.text();
    } catch (error) {
      // No cause: it may have the key in it.
      const why = secrets.redact(reason(error));
      throw new CrossfadeError('BalancerUnreachable', `The API of PowerDNS at ${root} does not answer: ${why}.`);
    }
    if (status >= 200 && status < 300) return text;
    throw refusal(status, text);
  }

  async function get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    const text = await request(path);
    try {
      return shape.parse(JSON.parse(text));
    } catch {
      throw new CrossfadeError(
        'BalancerNonsense',
        `${root}${path} answers what is not from the API of PowerDNS: ${said(text)}.`,
      );
    }
  }

  function refusal(status: number, text: string): CrossfadeError {
    const it = `The API of PowerDNS at ${root}`;
    if (status === 401 || status === 403)
      return new CrossfadeError('BalancerRefused', `${it} refuses the plan's \`key\` (${status}).`);
    if (status === 404)
      return new CrossfadeError(
        'BalancerNotPrepared',
        `${it} has no zone ${zone}, or the server's id is not "${server}" (404).`,
      );
    // Of a proxy before it, too many requests are over in a moment.
    if (status >= 500 || status === 429)
      return new CrossfadeError('BalancerUnreachable', `${it} fails with ${status}: ${said(text)}.`);
    if (status >= 400)
      return new CrossfadeError('BalancerNotPrepared', `${it} can't do it in ${zone} (${status}): ${said(text)}.`);
    return new CrossfadeError('BalancerNonsense', `${it} answers with ${status}, which PowerDNS never does.`);
  }

  const said = (text: string): string => JSON.stringify(secrets.redact(text).slice(0, SHOWN));

  return {
    async zone(name) {
      const found = await get(`${ofZone}?rrset_name=${encodeURIComponent(absoluteName(name))}`, zoneAnswer);
      // Servers that can't filter answer with the whole zone.
      return { ...found, rrsets: found.rrsets.filter((set) => plainName(set.name) === plainName(name)) };
    },

    async luaRecords() {
      const setting = (await get('/config', config)).find(({ name }) => name === 'enable-lua-records');
      return setting !== undefined && setting.value !== 'no';
    },

    patch: async (rrsets) => void (await request(ofZone, { method: 'PATCH', body: JSON.stringify({ rrsets }) })),

    notify: async () => void (await request(`${ofZone}/notify`, { method: 'PUT' })),
  };
}

/** What fetch says of itself is only that it failed. */
function reason(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer within ${TIME_LIMIT / 1_000} s`;
  return cause?.code ?? cause?.message ?? message;
}
