import { Resolver } from 'node:dns/promises';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../../sandbox/free-port.ts';
import { removeFolder } from '../../sandbox/folder.ts';
import { startPdns, type Pdns } from '../../sandbox/servers/pdns.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import { weightOf } from '../../src/adapters/traffic/powerdns/records.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { killedWorker, loseAnswer, tcpServer } from './dns-setup.ts';
import { driverCases } from './driver-cases.ts';
import { upgrade } from './setup.ts';

const SECRET = 'a-key-that-nobody-may-see';
const ZONE = 'example.org';
const X = ['10.0.1.1', '10.0.1.2'];
const Y = ['10.0.2.1', '10.0.2.2', '10.0.2.3'];
const mine = upgrade('mine');
const code = (name: string) => expect.objectContaining({ code: name }) as Error;

const dir = tempFolder();
let pdns: Pdns;
beforeAll(async () => {
  pdns = await startPdns({ dir: join(dir, 'pdns'), key: SECRET });
  await pdns.createZone(ZONE);
});
afterAll(async () => {
  await pdns.stop();
  await removeFolder(join(dir, 'pdns'));
  rmSync(dir, { recursive: true });
});

type Entry = EntryVia<'powerdns'>;
const entryFor = (more: Partial<Entry> = {}): Entry => ({
  ...{ via: 'powerdns', zone: ZONE, record: `api.${ZONE}`, type: 'A', x: X, y: Y, ttl: 1 },
  ...{ resolvers: [pdns.dns], testers: { host: `y-api.${ZONE}` } },
  ...{ api: pdns.api, key: { env: 'DNS_SECRET' }, server: 'localhost' },
  ...more,
});

function routerFor(more: Partial<Entry> = {}, secret = SECRET, weights = [25, 50, 100]): TrafficRouter {
  const create = createTrafficRouter({ secrets: createSecrets({ DNS_SECRET: secret }) });
  return create({ name: 'dns', entry: entryFor(more), weights, nodes: { x: ['x1'], y: ['y1'] } });
}

const set = (weight: number, epoch: number, expected?: number, router = routerFor()) =>
  router.set({ upgrade: mine, weight, epoch, ...(expected === undefined ? {} : { expected }) });

/** Somebody's own change: nothing, or records, of one type under a name. */
async function put(name: string, type: string, contents: readonly string[], server = pdns): Promise<void> {
  const at = { name: `${name}.${ZONE}.`, type };
  const records = contents.map((content) => ({ content }));
  const change = contents.length === 0 ? { changetype: 'DELETE' } : { changetype: 'REPLACE', ttl: 1, records };
  await server.request(`/zones/${ZONE}.`, { rrsets: [{ ...at, ...change }] });
}

/** Only X, and nobody has ever changed it. */
async function prepare(name = 'api'): Promise<void> {
  await put(name, 'LUA', []);
  await put(name, 'A', X);
  await put(`_crossfade.${name}`, 'TXT', []);
  await put(`y-${name}`, 'A', []);
}
beforeEach(() => prepare());

async function answers(name: string, type: 'A' | 'AAAA' | 'CNAME', times: number, server = pdns): Promise<string[]> {
  const resolver = new Resolver();
  resolver.setServers([server.dns]);
  return (
    await Promise.all(Array.from({ length: times }, () => resolver.resolve(`${name}.${ZONE}`, type)))
  ).flat() as string[];
}

/** Each answer is one of these, and each of these is answered sooner or later. */
async function drawAll(name: string, type: 'A' | 'AAAA' | 'CNAME', all: readonly string[]): Promise<void> {
  const drawn = new Set<string>();
  for (let rounds = 0; drawn.size < all.length && rounds < 50; rounds++)
    for (const target of await answers(name, type, 20)) drawn.add(target);
  expect([...drawn].sort()).toEqual([...all].sort());
}

driverCases('PowerDNS', {
  router: () => routerFor(),
  weights: [25, 100],
  testers: true,
  restart: () => pdns.restart(),
  async foreign(weight) {
    await put('api', 'LUA', []);
    await put('api', 'A', weight === 0 ? X : Y);
  },
  runs: 5,
});

describe('what is in the zone', () => {
  test('plain records at 0 and 100 %; in between answers are drawn by weight, from all addresses', async () => {
    expect(await answers('api', 'A', 1)).toEqual(expect.arrayContaining(X));
    await set(25, 1, 0);
    await drawAll('api', 'A', [...X, ...Y]);
    const drawn = await answers('api', 'A', 300);
    expect(drawn).toHaveLength(300);
    // Six times the standard deviation.
    expect(Math.abs(drawn.filter((address) => Y.includes(address)).length / 3 - 25)).toBeLessThan(15);
    await set(100, 2, 25);
    expect((await answers('api', 'A', 1)).sort()).toEqual(Y);
    expect(await answers('y-api', 'A', 1).catch(() => 'nothing')).toBe('nothing');
  });

  test('many IPv6 addresses, and CNAMEs', async () => {
    const six = { x: Array.from({ length: 9 }, (_, i) => `2001:db8:0:1::${i + 1}`), y: ['2001:DB8:0:2:0:0:0:9'] };
    await put('six', 'AAAA', six.x);
    const router = routerFor({ ...six, type: 'AAAA', record: `six.${ZONE}` });
    expect(await set(50, 1, 0, router)).toMatchObject({ weight: 50 });
    await drawAll('six', 'AAAA', [...six.x, '2001:db8:0:2::9']);

    await put('name', 'CNAME', ['x.example.net.']);
    const names = routerFor({ type: 'CNAME', record: `name.${ZONE}`, x: ['x.example.net'], y: ['y.example.net'] });
    expect(await names.current()).toMatchObject({ weight: 0 });
    expect(await set(50, 1, 0, names)).toMatchObject({ weight: 50 });
    await drawAll('name', 'CNAME', ['x.example.net', 'y.example.net']);
    expect(await set(100, 2, 50, names)).toMatchObject({ weight: 100 });
    expect(await answers('name', 'CNAME', 1)).toEqual(['y.example.net']);
    expect(await set(0, 3, undefined, names)).toMatchObject({ weight: 0 });
  });

  test('a name with both kinds of addresses: two entry points, each for itself', async () => {
    await put('api', 'AAAA', ['2001:db8::1']);
    const six = routerFor({ type: 'AAAA', x: ['2001:db8::1'], y: ['2001:db8::2'] });
    await set(25, 1, 0);
    await set(50, 1, 0, six);
    expect(await set(50, 2, 25)).toMatchObject({ weight: 50, epoch: 2 });
    expect(await six.current()).toMatchObject({ weight: 50, epoch: 1 });
    await set(0, 2, undefined, six);
    expect(await routerFor().current()).toMatchObject({ weight: 50, epoch: 2 });
    await put('api', 'AAAA', []);
    await put('_crossfade-aaaa.api', 'TXT', []);
  });

  test('answers from before the change are waited out, for as long as the records then said', async () => {
    const at = { name: `api.${ZONE}.`, type: 'A', changetype: 'REPLACE', ttl: 300 };
    await pdns.request(`/zones/${ZONE}.`, { rrsets: [{ ...at, records: X.map((content) => ({ content })) }] });
    await set(25, 1, 0);
    const { agrees, what } = await routerFor().verify(25, { within: 5_000 });
    expect(what).toMatch(/resolvers may keep the old answer for (30\d|2\d\d) s more/);
    expect(agrees).toBe(false);
  });

  test('testers reach Y by the other name, before it has a share', async () => {
    const router = routerFor();
    expect(await router.setTesters?.({ upgrade: mine, open: true, epoch: 1 })).toMatchObject({
      testers: true,
      weight: 0,
    });
    expect((await answers('y-api', 'A', 1)).sort()).toEqual(Y);
    await router.setTesters?.({ upgrade: mine, open: false, epoch: 2 });
    await expect(answers('y-api', 'A', 1)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await put('y-api', 'A', ['10.9.9.9']);
    await expect(router.setTesters?.({ upgrade: mine, open: true, epoch: 3 })).rejects.toEqual(code('ForeignChange'));
    await expect(router.describe()).rejects.toThrow(`y-api.${ZONE} stands for something else than Y already`);
  });
});

describe('somebody else', () => {
  test('an address that the plan does not have: found, kept by a step, overwritten by a retreat', async () => {
    await set(25, 1, 0);
    await put('api', 'LUA', [`A "pickwrandom({{75,'10.0.1.1'},{25,'10.9.9.9'}})"`]);
    await expect(routerFor().current()).rejects.toThrow(/10\.9\.9\.9.*which this upgrade did not set/);
    await expect(set(50, 2, 25)).rejects.toEqual(code('ForeignChange'));
    expect(await routerFor().verify(25, { within: 0 })).toMatchObject({ agrees: false });
    expect(await set(0, 2)).toMatchObject({ weight: 0, epoch: 2 });
  });

  test('an alias in the place of the addresses: named, and in no way of a retreat', async () => {
    await set(100, 1, 0);
    await put('api', 'A', []);
    await put('api', 'CNAME', ['elsewhere.example.net.']);
    await expect(routerFor().current()).rejects.toThrow('CNAME elsewhere.example.net. and no A record');
    expect(await set(0, 2)).toMatchObject({ weight: 0, epoch: 2 });
  });

  test('an address of X that is gone is not put back by a step', async () => {
    await put('api', 'A', X.slice(1));
    await expect(set(25, 1, 0)).rejects.toEqual(code('ForeignChange'));
    await expect(routerFor().describe()).rejects.toThrow('has A 10.0.1.2, but X is 10.0.1.1, 10.0.1.2');
  });

  test('a disabled record, which would be lost by a change', () => {
    const set = { name: `api.${ZONE}.`, type: 'A', ttl: 1 };
    const on = X.map((content) => ({ content, disabled: false }));
    const sides = { type: 'A', x: X, y: Y } as const;
    expect(weightOf(sides, [{ ...set, records: on }])).toBe(0);
    expect(weightOf(sides, [{ ...set, records: [...on, { content: '10.0.1.3', disabled: true }] }])).toBeUndefined();
    expect(weightOf(sides, [{ ...set, records: on.map((one) => ({ ...one, disabled: true })) }])).toBeUndefined();
  });

  test('the TXT record: removed, found; written over, believed by nobody, and in no way of a retreat', async () => {
    await set(25, 7, 0);
    await put('_crossfade.api', 'TXT', []);
    await expect(routerFor().current()).rejects.toThrow('somebody removed the TXT record');
    await expect(set(50, 8, 25)).rejects.toEqual(code('ForeignChange'));
    await put('_crossfade.api', 'TXT', ['"v=spf1"']);
    await expect(routerFor().current()).rejects.toEqual(code('BalancerNonsense'));
    await expect(set(50, 8, 25)).rejects.toEqual(code('BalancerNonsense'));
    // It is no reason to leave the traffic on Y.
    expect(await set(0, 9)).toMatchObject({ weight: 0, epoch: 9 });
  });
});

describe('what can be wrong', () => {
  test('not prepared: no zone, no record, other addresses, a copy of a zone, an entry that means something else', async () => {
    await expect(
      routerFor({ zone: 'example.net', record: 'api.example.net', testers: undefined as never }).describe(),
    ).rejects.toThrow('has no zone example.net');
    await expect(routerFor({ server: 'other' }).describe()).rejects.toEqual(code('BalancerNotPrepared'));
    await expect(routerFor({ record: `none.${ZONE}` }).describe()).rejects.toThrow(
      'has no A record, but X is 10.0.1.1',
    );
    await expect(routerFor({ x: ['10.0.1.1'] }).describe()).rejects.toThrow('has A 10.0.1.1, A 10.0.1.2, but X is');
    await expect(routerFor({ y: ["10.0.2.1'})os.exit({'"] }).describe()).rejects.toEqual(code('PlanInvalid'));
    await expect(routerFor({ y: ['10.0.1.1'] }).describe()).rejects.toThrow('10.0.1.1 is in it twice');
    await expect(routerFor({ record: 'api.example.com' }).describe()).rejects.toThrow('is not in the zone');
    await pdns.request('/zones/example.org.', { kind: 'Slave', masters: ['127.0.0.1'] }, 'PUT');
    await expect(routerFor().describe()).rejects.toThrow('is a copy there (Slave)');
    await pdns.request('/zones/example.org.', { kind: 'Native' }, 'PUT');
    expect(await routerFor().describe()).toEqual({
      driver: 'powerdns',
      place: `api.${ZONE} at PowerDNS (${pdns.api})`,
      lacks: [],
    });
  });

  test('LUA records are off: told before, nothing is changed; 0 and 100 % need none', async () => {
    const without = await startPdns({ dir: join(dir, 'without'), key: SECRET, lua: false });
    try {
      await without.createZone(ZONE);
      await put('api', 'A', X, without);
      const at = { api: without.api, resolvers: [without.dns] };
      await expect(routerFor(at).describe()).rejects.toThrow('`enable-lua-records=yes`');
      await expect(set(25, 1, 0, routerFor(at))).rejects.toEqual(code('BalancerNotPrepared'));
      expect(await routerFor(at).current()).toMatchObject({ weight: 0, epoch: 0 });
      expect(await routerFor(at, SECRET, [100]).describe()).toMatchObject({ driver: 'powerdns' });
      expect(await set(100, 2, 0, routerFor(at))).toMatchObject({ weight: 100 });
    } finally {
      await without.stop();
      await removeFolder(join(dir, 'without'));
    }
  });

  test('permission denied: said without the key', async () => {
    const refused = await set(25, 1, 0, routerFor({}, 'another-secret')).catch((error: unknown) => error as Error);
    expect(refused).toEqual(code('BalancerRefused'));
    expect(String(refused)).not.toContain('another-secret');
    const garbled = await set(25, 1, 0, routerFor({}, 'has\na-line')).catch((error: unknown) => error as Error);
    expect(JSON.stringify([String(garbled), garbled])).not.toContain('a-line');
  });

  test('down, nonsense over HTTP, nonsense over TCP', async () => {
    const at = (port: number) => routerFor({ api: `http://127.0.0.1:${port}` });
    await expect(set(25, 1, 0, at(await freePort()))).rejects.toThrow(/does not answer: ECONNREFUSED/);
    let [status, body] = [200, '<html>Welcome</html>'];
    const web = createServer((_, response) => void response.writeHead(status, { location: '/login' }).end(body));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as AddressInfo;
    await expect(at(port).current()).rejects.toEqual(code('BalancerNonsense'));
    [status, body] = [200, '{"kind":"Native","rrsets":[{"name":1}]}'];
    await expect(at(port).current()).rejects.toEqual(code('BalancerNonsense'));
    [status, body] = [302, ''];
    await expect(at(port).current()).rejects.toEqual(code('BalancerNonsense'));
    [status, body] = [502, 'upstream'];
    await expect(at(port).current()).rejects.toEqual(code('BalancerUnreachable'));
    [status, body] = [422, `{"error":"no, ${SECRET}"}`];
    await expect(at(port).current()).rejects.toThrow('no, ***');
    web.closeAllConnections();
    web.close();
    const tcp = await tcpServer((socket) => socket.end('220 mail.example.org ESMTP\r\n'));
    await expect(at(tcp.port).current()).rejects.toEqual(code('BalancerUnreachable'));
    await tcp.close();
    expect(await routerFor().current()).toMatchObject({ weight: 0, epoch: 0 });
  });

  test('a worker that is killed between the change and its read-back: the next one finds it done', async () => {
    const between = await loseAnswer(Number(new URL(pdns.api).port), (sent) =>
      sent.toString('latin1').startsWith('PATCH'),
    );
    const entry = entryFor({ api: `http://127.0.0.1:${between.port}` });
    expect(await killedWorker(entry, [25, 4], { changed: between.changed, secret: SECRET })).toBe('');
    await between.close();
    const after = { weight: 25, epoch: 4, by: 'mine' };
    expect(await routerFor().current()).toMatchObject(after);
    expect(await set(25, 4, 0)).toMatchObject(after);
    await expect(set(0, 3)).rejects.toEqual(code('StaleEpoch'));
  });
});
