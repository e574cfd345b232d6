import { Resolver } from 'node:dns/promises';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { removeFolder } from '../../sandbox/folder.ts';
import { installTools } from '../../sandbox/install/index.ts';
import { startBind, type Bind } from '../../sandbox/servers/bind.ts';
import { feed } from '../../src/adapters/process/stream.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { upgrade } from './setup.ts';

export const KEYS = {
  crossfade: Buffer.from('the secret of the worker').toString('base64'),
  weak: Buffer.from('a key without rights here').toString('base64'),
  person: Buffer.from('the secret of a person').toString('base64'),
};
export const ZONE = 'example.org';
export const X = ['10.0.1.1', '10.0.1.2', '10.0.1.3'];
export const Y = ['10.0.2.1', '10.0.2.2'];
export const PATH = process.env['PATH'] ?? '';
export const mine = upgrade('mine');
export const code = (name: string) => expect.objectContaining({ code: name }) as Error;

type Entry = EntryVia<'rfc2136'>;

/** BIND with a zone in which a key of the worker may change what an entry point has; before each test `api` is X's alone. */
export function useBind() {
  const dir = tempFolder();
  let there: Bind | undefined;
  const bind = (): Bind => {
    if (there === undefined) throw new Error('not started');
    return there;
  };
  beforeAll(async () => {
    await installTools(['nsupdate']);
    there = await startBind({
      dir: join(dir, 'bind'),
      zone: ZONE,
      records: [],
      keys: KEYS,
      policy: [
        ...['api', 'y-api', '_crossfade.api', 'six', '_crossfade-aaaa.six', 'name', '_crossfade.name'].map(
          (name) => `grant crossfade name ${name}.${ZONE}. ANY;`,
        ),
        `grant crossfade name ${ZONE}. A;`,
        `grant crossfade name _crossfade.${ZONE}. TXT;`,
        `grant weak name elsewhere.${ZONE}. A;`,
        'grant person zonesub ANY;',
      ],
    });
  });
  beforeEach(() =>
    person(...records('api', 'A', X), ...records('_crossfade.api', 'TXT', []), ...records('y-api', 'A', [])),
  );
  afterAll(async () => {
    await there?.stop();
    await removeFolder(join(dir, 'bind'));
    rmSync(dir, { recursive: true });
  });

  const entryFor = (more: Partial<Entry> = {}): Entry => ({
    ...{ via: 'rfc2136', zone: ZONE, record: `api.${ZONE}`, type: 'A', x: X, y: Y, ttl: 1, server: bind().address },
    ...{ resolvers: [bind().address], testers: { host: `y-api.${ZONE}` } },
    tsig: { name: 'crossfade', algorithm: 'hmac-sha256', secret: { env: 'DNS_SECRET' } },
    ...more,
  });

  function routerFor(more: Partial<Entry> = {}, secret = KEYS.crossfade, path = PATH): TrafficRouter {
    const secrets = createSecrets({ DNS_SECRET: secret });
    const create = createTrafficRouter({ secrets, environment: { PATH: path } });
    return create({ name: 'dns', entry: entryFor(more), weights: [25, 50, 100], nodes: { x: ['x1'], y: ['y1'] } });
  }

  /** Somebody's own changes, by nsupdate. */
  async function person(...lines: readonly string[]): Promise<void> {
    const head = [
      `server ${bind().address.replace(':', ' ')}`,
      `zone ${ZONE}`,
      `key hmac-sha256:person ${KEYS.person}`,
    ];
    const script = [...head, ...lines.map((line) => `update ${line}`), 'send', ''].join('\n');
    await feed(['nsupdate', '-v'], { env: { PATH } }, Readable.from([Buffer.from(script)]));
  }

  return {
    ...{ dir, bind, entryFor, routerFor, person },
    set: (weight: number, epoch: number, expected?: number, router = routerFor()) =>
      router.set({ upgrade: mine, weight, epoch, ...(expected === undefined ? {} : { expected }) }),
    async answer(name: string, type: 'A' | 'AAAA' | 'CNAME'): Promise<string[]> {
      const resolver = new Resolver();
      resolver.setServers([bind().address]);
      return ((await resolver.resolve(`${name}.${ZONE}`, type)) as string[]).sort();
    },
  };
}

/** What makes of a name one that has only these records. */
export const records = (name: string, type: string, data: readonly string[]) => [
  `delete ${name}.${ZONE}. ANY`,
  ...data.map((one) => `add ${name}.${ZONE}. 1 ${type} ${one}`),
];
