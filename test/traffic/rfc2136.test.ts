import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../sandbox/free-port.ts';
import { removeFolder } from '../../sandbox/folder.ts';
import { installTools } from '../../sandbox/install/index.ts';
import { startBind, type Bind } from '../../sandbox/servers/bind.ts';
import { feed } from '../../src/adapters/process/stream.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import { createUpdatedZone } from '../../src/adapters/traffic/rfc2136/zone.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { killedWorker, loseAnswer, tcpServer } from './dns-setup.ts';
import { driverCases } from './driver-cases.ts';
import { upgrade } from './setup.ts';

const KEYS = {
  crossfade: Buffer.from('the secret of the worker').toString('base64'),
  weak: Buffer.from('a key without rights here').toString('base64'),
  person: Buffer.from('the secret of a person').toString('base64'),
};
const ZONE = 'example.org';
const X = ['10.0.1.1', '10.0.1.2', '10.0.1.3'];
const Y = ['10.0.2.1', '10.0.2.2'];
const PATH = process.env['PATH'] ?? '';
const mine = upgrade('mine');
const code = (name: string) => expect.objectContaining({ code: name }) as Error;

const dir = tempFolder();
let bind: Bind;
beforeAll(async () => {
  await installTools(['nsupdate']);
  bind = await startBind({
    dir: join(dir, 'bind'),
    zone: ZONE,
    records: [],
    keys: KEYS,
    policy: [
      ...['api', 'y-api', '_crossfade.api', 'six', '_crossfade-aaaa.six', 'name', '_crossfade.name'].map(
        (name) => `grant crossfade name ${name}.${ZONE}. ANY;`,
      ),
      `grant weak name elsewhere.${ZONE}. A;`,
      'grant person zonesub ANY;',
    ],
  });
});
afterAll(async () => {
  await bind.stop();
  await removeFolder(join(dir, 'bind'));
  rmSync(dir, { recursive: true });
});

type Entry = EntryVia<'rfc2136'>;
const entryFor = (more: Partial<Entry> = {}): Entry => ({
  ...{ via: 'rfc2136', zone: ZONE, record: `api.${ZONE}`, type: 'A', x: X, y: Y, ttl: 1, server: bind.address },
  ...{ resolvers: [bind.address], testers: { host: `y-api.${ZONE}` } },
  tsig: { name: 'crossfade', algorithm: 'hmac-sha256', secret: { env: 'DNS_SECRET' } },
  ...more,
});

function routerFor(more: Partial<Entry> = {}, secret = KEYS.crossfade, path = PATH): TrafficRouter {
  const secrets = createSecrets({ DNS_SECRET: secret });
  const create = createTrafficRouter({ secrets, environment: { PATH: path } });
  return create({ name: 'dns', entry: entryFor(more), weights: [25, 50, 100], nodes: { x: ['x1'], y: ['y1'] } });
}

const withKey = (name: string, secret: string) =>
  routerFor({ tsig: { name, algorithm: 'hmac-sha256', secret: { env: 'DNS_SECRET' } } }, secret);
const set = (weight: number, epoch: number, expected?: number, router = routerFor()) =>
  router.set({ upgrade: mine, weight, epoch, ...(expected === undefined ? {} : { expected }) });

/** Somebody's own changes, by nsupdate. */
async function person(...lines: readonly string[]): Promise<void> {
  const head = [`server ${bind.address.replace(':', ' ')}`, `zone ${ZONE}`, `key hmac-sha256:person ${KEYS.person}`];
  const script = [...head, ...lines.map((line) => `update ${line}`), 'send', ''].join('\n');
  await feed(['nsupdate', '-v'], { env: { PATH } }, Readable.from([Buffer.from(script)]));
}
const records = (name: string, type: string, data: readonly string[]) => [
  `delete ${name}.${ZONE}. ANY`,
  ...data.map((one) => `add ${name}.${ZONE}. 1 ${type} ${one}`),
];

/** Only X, and nobody has ever changed it. */
const prepare = () =>
  person(...records('api', 'A', X), ...records('_crossfade.api', 'TXT', []), ...records('y-api', 'A', []));
beforeEach(prepare);

async function answer(name: string, type: 'A' | 'AAAA' | 'CNAME'): Promise<string[]> {
  const resolver = new Resolver();
  resolver.setServers([bind.address]);
  return ((await resolver.resolve(`${name}.${ZONE}`, type)) as string[]).sort();
}

driverCases('RFC 2136', {
  router: () => routerFor(),
  weights: [25, 100],
  testers: true,
  restart: () => bind.restart(),
  foreign: (weight) => person(...records('api', 'A', weight === 0 ? X : Y)),
  runs: 3,
});

describe('what is in the zone', () => {
  test('so many addresses of each side that they make the share', async () => {
    expect(await routerFor().describe()).toEqual({
      ...{ driver: 'rfc2136', place: `api.${ZONE} at the DNS server ${bind.address}` },
      weights: [0, 25, 40, 50, 100],
      lacks: [],
    });
    for (const [epoch, weight, x, y] of [
      [1, 25, 3, 1],
      [2, 40, 3, 2],
      [3, 50, 2, 2],
      [4, 100, 0, 2],
      [5, 0, 3, 0],
    ] as const) {
      await set(weight, epoch);
      expect(await answer('api', 'A')).toEqual([...X.slice(0, x), ...Y.slice(0, y)]);
    }
    await expect(set(10, 6, 0)).rejects.toThrow(/can't have 10 % on Y.*0, 25, 40, 50, 100 %/);
    await expect(set(10, 6, 0)).rejects.toEqual(code('WeightImpossible'));
  });

  test('IPv6 in whatever spelling; a CNAME moves at once', async () => {
    await person(...records('six', 'AAAA', ['2001:db8:0:0::1']));
    const six = routerFor({ type: 'AAAA', record: `six.${ZONE}`, x: ['2001:DB8::1'], y: ['2001:db8:0:0:0:0:0:2'] });
    expect(await set(50, 1, 0, six)).toMatchObject({ weight: 50 });
    expect(await answer('six', 'AAAA')).toEqual(['2001:db8::1', '2001:db8::2']);
    expect(await six.current()).toMatchObject({ weight: 50 });

    await person(...records('name', 'CNAME', ['x.example.net.']));
    const more = { type: 'CNAME', record: `name.${ZONE}`, x: ['x.example.net'], y: ['y.example.net'] } as const;
    const name = routerFor({ ...more, x: [...more.x], y: [...more.y] });
    expect(await name.describe()).toMatchObject({ weights: [0, 100] });
    expect(await set(100, 1, 0, name)).toMatchObject({ weight: 100 });
    expect(await answer('name', 'CNAME')).toEqual(['y.example.net']);
    await expect(set(50, 2, 100, name)).rejects.toEqual(code('WeightImpossible'));
  });

  test('testers reach Y by the other name; not if that is taken', async () => {
    const router = routerFor();
    expect(await router.setTesters?.({ upgrade: mine, open: true, epoch: 1 })).toMatchObject({ testers: true });
    expect(await answer('y-api', 'A')).toEqual(Y);
    await router.setTesters?.({ upgrade: mine, open: false, epoch: 2 });
    await expect(answer('y-api', 'A')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await person(...records('y-api', 'A', ['10.9.9.9']));
    await expect(router.setTesters?.({ upgrade: mine, open: true, epoch: 3 })).rejects.toEqual(code('ForeignChange'));
    await expect(router.describe()).rejects.toEqual(code('BalancerNotPrepared'));
    expect(await set(25, 3, 0)).toMatchObject({ weight: 25, testers: false });
  });

  test('answers from before the change are waited out, for as long as the records then said', async () => {
    await person(`delete api.${ZONE}. ANY`, ...X.map((address) => `add api.${ZONE}. 300 A ${address}`));
    await set(50, 1, 0);
    const { agrees, what } = await routerFor().verify(50, { within: 5_000 });
    expect(what).toMatch(/resolvers may keep the old answer for (30\d|2\d\d) s more/);
    expect(agrees).toBe(false);
  });

  test('a server that is killed keeps what it has answered', async () => {
    const after = await set(25, 1, 0);
    await bind.restart('killed');
    expect(await routerFor().current()).toEqual(after);
  });
});

describe('somebody else', () => {
  test('other records: found, kept by a step, overwritten by a retreat', async () => {
    await set(25, 1, 0);
    for (const [epoch, type, data] of [
      [2, 'A', [...X, '10.9.9.9']],
      [3, 'CNAME', ['else.example.net.']],
      [4, 'A', []],
      [5, 'A', X.slice(1)],
    ] as const) {
      await person(...records('api', type, data));
      await expect(routerFor().current()).rejects.toEqual(code('ForeignChange'));
      await expect(set(50, epoch, 25)).rejects.toEqual(code('ForeignChange'));
      expect(await routerFor().verify(25, { within: 0 })).toMatchObject({ agrees: false });
      expect(await set(0, epoch)).toMatchObject({ weight: 0, epoch });
      expect(await answer('api', 'A')).toEqual(X);
    }
  });

  test('a change that was made and then undone by somebody is not made again by a repeat', async () => {
    await set(25, 1, 0);
    await person(...records('api', 'A', X));
    await expect(set(25, 1, 0)).rejects.toEqual(code('ForeignChange'));
    expect(await answer('api', 'A')).toEqual(X);
  });

  test('the TXT record: removed, found; written over, believed by nobody, and in no way of a retreat', async () => {
    await set(25, 7, 0);
    await person(...records('_crossfade.api', 'TXT', []));
    await expect(routerFor().current()).rejects.toThrow('somebody removed the TXT record');
    await expect(set(50, 8, 25)).rejects.toEqual(code('ForeignChange'));
    await person(...records('_crossfade.api', 'TXT', ['"v=spf1"']));
    await expect(routerFor().current()).rejects.toEqual(code('BalancerNonsense'));
    await expect(set(50, 8, 25)).rejects.toEqual(code('BalancerNonsense'));
    // It is no reason to leave the traffic on Y.
    expect(await set(0, 9)).toMatchObject({ weight: 0, epoch: 9 });
  });

  test('whatever changes between the read and the change: the server refuses, and nothing is changed', async () => {
    const zone = createUpdatedZone(entryFor(), { secrets: createSecrets({ DNS_SECRET: KEYS.crossfade }), path: PATH });
    const next = { epoch: 9, by: 'late', weight: 100, testers: false, at: 0, old: 0 };
    await set(25, 1, 0);
    for (const change of [
      () => set(50, 2, 25),
      () => person(...records('api', 'A', ['10.9.9.9'])),
      () => person(...records('_crossfade.api', 'TXT', [])),
      () => person(...records('y-api', 'A', Y)),
    ]) {
      const found = await zone.read();
      await change();
      const before = await zone.read();
      expect(await zone.write(found, { mark: next, of: 'weight' })).toBe(false);
      expect(await zone.write(found, { mark: next, of: 'testers' })).toBe(false);
      expect(await zone.read()).toEqual(before);
    }
    expect(await zone.write(await zone.read(), { mark: next, of: 'weight' })).toBe(true);
    expect(await answer('api', 'A')).toEqual(Y);
  });
});

describe('what can be wrong', () => {
  test('permission denied: which key, and what it needs; never the secret', async () => {
    const name = 'crossfade';
    for (const [router, text] of [
      [withKey('nobody', KEYS.crossfade), 'refuses the key nobody of the plan (NOTAUTH(BADKEY))'],
      [withKey(name, KEYS.person), 'refuses the key crossfade of the plan (NOTAUTH(BADSIG))'],
      [withKey('weak', KEYS.weak), `lets the key weak not change api.${ZONE} in ${ZONE}: the zone's \`update-policy\``],
      [withKey(name, 'not base64!'), 'not in base64'],
      [routerFor({ zone: 'example.net', record: 'api.example.net', testers: { host: 'y.example.net' } }), 'REFUSED'],
    ] as const) {
      const refused = await router.describe().catch((error: unknown) => error as Error);
      expect(refused).toMatchObject({ code: 'BalancerRefused', message: expect.stringContaining(text) as string });
      for (const secret of [...Object.values(KEYS), 'not base64!']) expect(String(refused)).not.toContain(secret);
    }
    await expect(set(25, 1, 0, withKey('weak', KEYS.weak))).rejects.toEqual(code('BalancerRefused'));
    expect(await routerFor().current()).toMatchObject({ weight: 0, epoch: 0 });
  });

  test('not prepared: other addresses, no records, a name that is not in the zone, words with a meaning of their own', async () => {
    await expect(routerFor({ x: X.slice(1) }).describe()).rejects.toThrow('A 10.0.1.1');
    await expect(routerFor({ record: `none.${ZONE}` }).describe()).rejects.toThrow('has no A record, but X is');
    await expect(routerFor({ record: 'api.example.com' }).describe()).rejects.toEqual(code('PlanInvalid'));
    const update = `10.0.2.1\nupdate delete api.${ZONE}. A`;
    await expect(set(100, 1, 0, routerFor({ y: [update] }))).rejects.toEqual(code('PlanInvalid'));
    await expect(withKey('a\nanswer', KEYS.crossfade).describe()).rejects.toEqual(code('PlanInvalid'));
    expect(await answer('api', 'A')).toEqual(X);
  });

  test('the programs are missing on the host', async () => {
    const path = join(dir, 'programs');
    mkdirSync(path);
    const missing = (program: string) =>
      expect.objectContaining({
        ...{ code: 'ProgramMissing' },
        message: expect.stringMatching(new RegExp(`${program} is not there .* bind9-dnsutils`)) as string,
      }) as Error;
    await expect(routerFor({}, KEYS.crossfade, path).describe()).rejects.toEqual(missing('dig'));
    symlinkSync('/usr/bin/dig', join(path, 'dig'));
    await expect(routerFor({}, KEYS.crossfade, path).describe()).rejects.toEqual(missing('nsupdate'));
  });

  test('down; nonsense of many kinds; a server that has the zone from elsewhere; one that fails', async () => {
    const at = (port: number) => routerFor({ server: `127.0.0.1:${port}` });
    await expect(set(25, 1, 0, at(await freePort()))).rejects.toEqual(code('BalancerUnreachable'));
    const response = (asked: Buffer, flags: number) => {
      const answered = Buffer.from(asked);
      answered.writeUInt16BE(flags, 4);
      return answered;
    };
    for (const [name, says] of [
      ['BalancerUnreachable', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
      ['BalancerNonsense', () => Buffer.from('\0\u0005hello')],
      ['BalancerNonsense', (asked: Buffer) => asked],
      ['BalancerNotPrepared', (asked: Buffer) => response(asked, 0x8000)],
      ['BalancerUnreachable', (asked: Buffer) => response(asked, 0x8402)],
    ] as const) {
      const server = await tcpServer((socket) => void socket.on('data', (asked: Buffer) => socket.end(says(asked))));
      await expect(at(server.port).current()).rejects.toEqual(code(name));
      await server.close();
    }
  });

  test('a server that takes no updates, fails at them, or answers without the signature of the key', async () => {
    const { port } = new URL(`tcp://${bind.address}`);
    for (const [rcode, name, text] of [
      [1, 'BalancerNonsense', 'FORMERR'],
      [2, 'BalancerUnreachable', 'fails at the update (SERVFAIL)'],
      [4, 'BalancerNotPrepared', 'takes no updates of the zone example.org (NOTIMP)'],
      [5, 'BalancerRefused', 'must be the primary server'],
      [9, 'BalancerNotPrepared', '(NOTAUTH)'],
      [0, 'BalancerNonsense', 'TSIG'],
    ] as const) {
      const between = await tcpServer((socket) => {
        socket.once('data', (asked: Buffer) => {
          if (isUpdate(asked)) {
            const header = Buffer.from([0, 12, ...asked.subarray(2, 4), 0xa8, rcode, ...new Uint8Array(8)]);
            return socket.end(header);
          }
          const behind = connect(Number(port), '127.0.0.1');
          behind.write(asked);
          return socket.pipe(behind).pipe(socket);
        });
      });
      const failed = await set(25, 1, 0, routerFor({ server: `127.0.0.1:${between.port}` })).catch(
        (error: unknown) => error,
      );
      expect(failed).toMatchObject({ code: name, message: expect.stringContaining(text) as string });
      await between.close();
    }
    expect(await routerFor().current()).toMatchObject({ weight: 0, epoch: 0 });
  });

  test('while an update waits, its key stands in no process list', async () => {
    const between = await loseAnswer(Number(bind.address.split(':')[1]), isUpdate);
    const waiting = set(25, 1, 0, routerFor({ server: `127.0.0.1:${between.port}` }));
    const failed = expect(waiting).rejects.toEqual(code('BalancerUnreachable'));
    await between.changed;
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const read = (file: string) => {
      try {
        return readFileSync(file, 'latin1');
      } catch {
        return '';
      }
    };
    const shown = processes.map((pid) => read(`/proc/${pid}/cmdline`) + read(`/proc/${pid}/environ`));
    expect(shown.some((text) => text.startsWith('nsupdate'))).toBe(true);
    expect(shown.filter((text) => text.includes(KEYS.crossfade))).toEqual([]);
    await between.close();
    await failed;
    expect(await set(25, 1, 0)).toMatchObject({ weight: 25, epoch: 1 });
  });

  test('a worker that is killed between the change and its read-back: the next one finds it done', async () => {
    const between = await loseAnswer(Number(bind.address.split(':')[1]), isUpdate);
    const entry = entryFor({ server: `127.0.0.1:${between.port}` });
    expect(await killedWorker(entry, [25, 4], { changed: between.changed, secret: KEYS.crossfade })).toBe('');
    await between.close();
    const after = { weight: 25, epoch: 4, by: 'mine' };
    expect(await routerFor().current()).toMatchObject(after);
    expect(await set(25, 4, 0)).toMatchObject(after);
    await expect(set(0, 3)).rejects.toEqual(code('StaleEpoch'));
  });
});

/** The kind of a message is in its third byte, after its length. */
const isUpdate = (sent: Buffer): boolean => (sent[4] ?? 0) >> 3 === 5;
