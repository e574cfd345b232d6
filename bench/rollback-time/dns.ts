import { join } from 'node:path';
import { startBind } from '../../sandbox/servers/bind.ts';
import { startPdns } from '../../sandbox/servers/pdns.ts';
import { installTools } from '../../sandbox/install/index.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import type { Entry } from '../../src/domain/plan/index.ts';
import { byDriver } from '../shift/arms.ts';
import { startDnsClients } from './clients-of-dns.ts';
import { lastFrom, rollBackFrom, type Measured } from './rollback.ts';

/** Seconds. A plan would have more of them; what it adds is this, whatever it is. */
export const TTL = 2;
/** Until every client has heard of a change, and kept it for as long as it may. */
const PAUSE = TTL * 1_000 + 500;

const ZONE = 'example.org';
const RECORD = `api.${ZONE}`;
const X = ['10.0.1.1', '10.0.1.2'];
const Y = ['10.0.2.1', '10.0.2.2'];
const SECRET = Buffer.from('only this machine knows').toString('base64');
const COMMON = { zone: ZONE, record: RECORD, type: 'A', x: X, y: Y, ttl: TTL } as const;

/** PowerDNS by its API. */
export async function measurePowerdns(dir: string, count: number): Promise<Measured> {
  const pdns = await startPdns({ dir: join(dir, 'pdns'), key: SECRET });
  try {
    await pdns.createZone(ZONE);
    const records = X.map((content) => ({ content }));
    await pdns.request(`/zones/${ZONE}.`, {
      rrsets: [{ name: `${RECORD}.`, type: 'A', changetype: 'REPLACE', ttl: TTL, records }],
    });
    const entry: Entry = {
      ...{ via: 'powerdns', ...COMMON, resolvers: [pdns.dns] },
      ...{ api: pdns.api, key: { env: 'DNS_SECRET' }, server: 'localhost' },
    };
    return { name: 'PowerDNS', ...(await measure(entry, pdns.dns, count)) };
  } finally {
    await pdns.stop();
  }
}

/** BIND by dynamic updates. */
export async function measureRfc2136(dir: string, count: number): Promise<Measured> {
  await installTools(['nsupdate']);
  const bind = await startBind({
    dir: join(dir, 'bind'),
    zone: ZONE,
    records: X.map((address) => `api ${TTL} A ${address}`),
    keys: { crossfade: SECRET },
    policy: ['grant crossfade zonesub ANY;'],
  });
  try {
    const entry: Entry = {
      ...{ via: 'rfc2136', ...COMMON, resolvers: [bind.address], server: bind.address },
      tsig: { name: 'crossfade', algorithm: 'hmac-sha256', secret: { env: 'DNS_SECRET' } },
    };
    return { name: 'RFC 2136 (BIND)', ...(await measure(entry, bind.address, count)) };
  } finally {
    await bind.stop();
  }
}

async function measure(entry: Entry, server: string, count: number): Promise<Omit<Measured, 'name'>> {
  const environment = { PATH: process.env['PATH'] ?? '' };
  const create = createTrafficRouter({ secrets: createSecrets({ DNS_SECRET: SECRET }), environment });
  const router = create({ name: 'dns', entry, weights: [100], nodes: { x: [], y: [] } });
  const clients = startDnsClients(server, RECORD, Y, TTL);
  const weights = Array.from({ length: count }, () => 100);
  const done = await rollBackFrom(byDriver(router), weights, { before: PAUSE, after: PAUSE });
  const { onY, keptUntil } = await clients.stop();
  return {
    lastOnYIs: 'last question that the server answers with Y',
    rollbacks: done.map(({ from, at, readBack }) => ({
      ...{ from, readBack },
      lastOnY: lastFrom(onY, at, at + PAUSE),
      cached: lastFrom(keptUntil, at, at + PAUSE),
    })),
  };
}
