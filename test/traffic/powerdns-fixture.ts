import { Resolver } from 'node:dns/promises';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { removeFolder } from '../../sandbox/folder.ts';
import { startPdns, type Pdns } from '../../sandbox/servers/pdns.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { upgrade } from './setup.ts';

export const SECRET = 'a-key-that-nobody-may-see';
export const ZONE = 'example.org';
export const X = ['10.0.1.1', '10.0.1.2'];
export const Y = ['10.0.2.1', '10.0.2.2', '10.0.2.3'];
export const mine = upgrade('mine');
export const code = (name: string) => expect.objectContaining({ code: name }) as Error;

type Entry = EntryVia<'powerdns'>;

/** PowerDNS with one zone; before each test `api` is X's alone, and nobody has ever changed it. */
export function usePdns() {
  const dir = tempFolder();
  let there: Pdns | undefined;
  const pdns = (): Pdns => {
    if (there === undefined) throw new Error('not started');
    return there;
  };
  beforeAll(async () => {
    there = await startPdns({ dir: join(dir, 'pdns'), key: SECRET });
    await there.createZone(ZONE);
  });
  beforeEach(async () => {
    await put('api', 'LUA', []);
    await put('api', 'A', X);
    await put('_crossfade.api', 'TXT', []);
    await put('y-api', 'A', []);
  });
  afterAll(async () => {
    await there?.stop();
    await removeFolder(join(dir, 'pdns'));
    rmSync(dir, { recursive: true });
  });

  const entryFor = (more: Partial<Entry> = {}): Entry => ({
    ...{ via: 'powerdns', zone: ZONE, record: `api.${ZONE}`, type: 'A', x: X, y: Y, ttl: 1 },
    ...{ resolvers: [pdns().dns], testers: { host: `y-api.${ZONE}` } },
    ...{ api: pdns().api, key: { env: 'DNS_SECRET' }, server: 'localhost' },
    ...more,
  });

  function routerFor(more: Partial<Entry> = {}, secret = SECRET, weights = [25, 50, 100]): TrafficRouter {
    const create = createTrafficRouter({ secrets: createSecrets({ DNS_SECRET: secret }) });
    return create({ name: 'dns', entry: entryFor(more), weights, nodes: { x: ['x1'], y: ['y1'] } });
  }

  /** Somebody's own change: nothing, or records, of one type under a name. */
  async function put(name: string, type: string, contents: readonly string[], server = pdns()): Promise<void> {
    const at = { name: `${name}.${ZONE}.`, type };
    const records = contents.map((content) => ({ content }));
    const change = contents.length === 0 ? { changetype: 'DELETE' } : { changetype: 'REPLACE', ttl: 1, records };
    await server.request(`/zones/${ZONE}.`, { rrsets: [{ ...at, ...change }] });
  }

  return {
    ...{ dir, pdns, entryFor, routerFor, put },
    set: (weight: number, epoch: number, expected?: number, router = routerFor()) =>
      router.set({ upgrade: mine, weight, epoch, ...(expected === undefined ? {} : { expected }) }),
    async answers(name: string, type: 'A' | 'AAAA' | 'CNAME', times: number, server = pdns()): Promise<string[]> {
      const resolver = new Resolver();
      resolver.setServers([server.dns]);
      return (
        await Promise.all(Array.from({ length: times }, () => resolver.resolve(`${name}.${ZONE}`, type)))
      ).flat() as string[];
    },
  };
}
