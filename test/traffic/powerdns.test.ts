import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { removeFolder } from '../../sandbox/folder.ts';
import { startPdns } from '../../sandbox/servers/pdns.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { weightOf } from '../../src/adapters/traffic/powerdns/records.ts';
import { driverCases } from './driver-cases.ts';
import { code, mine, SECRET, usePdns, X, Y, ZONE } from './powerdns-fixture.ts';

const { dir, pdns, routerFor, put, set, answers } = usePdns();

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
  restart: () => pdns().restart(),
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

  test('the name of the zone itself', async () => {
    const at = { name: `${ZONE}.`, type: 'A', changetype: 'REPLACE', ttl: 1 };
    await pdns().request(`/zones/${ZONE}.`, { rrsets: [{ ...at, records: X.map((content) => ({ content })) }] });
    const apex = routerFor({ record: ZONE });
    expect(await apex.describe()).toMatchObject({ lacks: [] });
    expect(await set(50, 1, 0, apex)).toMatchObject({ weight: 50, epoch: 1 });
    expect(await set(0, 2, undefined, apex)).toMatchObject({ weight: 0, epoch: 2 });
  });

  test('a name with both kinds of addresses: two entry points, each for itself', async () => {
    await put('api', 'AAAA', ['2001:db8::1']);
    const six = routerFor({ type: 'AAAA', x: ['2001:db8::1'], y: ['2001:db8::2'] });
    for (const [router, other] of [
      [routerFor(), 'AAAA'],
      [six, 'A'],
    ] as const)
      expect((await router.describe()).lacks).toEqual([expect.stringContaining(`the name has ${other} records too`)]);
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
    await pdns().request(`/zones/${ZONE}.`, { rrsets: [{ ...at, records: X.map((content) => ({ content })) }] });
    await set(25, 1, 0);
    const { agrees, what } = await routerFor().verify(25, { within: 5_000 });
    expect(what).toMatch(/resolvers may keep the old answer for (30\d|2\d\d) s more/);
    expect(agrees).toBe(false);
  });

  test('testers reach Y by the other name, before it has a share', async () => {
    const router = routerFor({ zone: 'Example.ORG', testers: { host: `Y-API.${ZONE}` } });
    expect(await router.setTesters?.({ upgrade: mine, open: true, epoch: 1 })).toMatchObject({
      testers: true,
      weight: 0,
    });
    expect((await answers('y-api', 'A', 1)).sort()).toEqual(Y);
    await router.setTesters?.({ upgrade: mine, open: false, epoch: 2 });
    await expect(answers('y-api', 'A', 1)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await put('y-api', 'A', ['10.9.9.9']);
    await expect(router.setTesters?.({ upgrade: mine, open: true, epoch: 3 })).rejects.toEqual(code('ForeignChange'));
    await expect(router.describe()).rejects.toThrow(`Y-API.${ZONE} stands for something else than Y already`);
  });
});

describe('secondary servers', () => {
  const zone = `/zones/${ZONE}.`;
  test('are told of a change at once; a zone whose serial stays is not prepared', async () => {
    const second = await startPdns({ dir: join(dir, 'second'), key: SECRET });
    try {
      await second.request('/zones', { name: `${ZONE}.`, kind: 'Slave', masters: [pdns().dns] }, 'POST');
      await pdns().request(zone, { kind: 'Master', soa_edit_api: '' }, 'PUT');
      await expect(routerFor().describe()).rejects.toThrow('SOA-EDIT-API DEFAULT');
      await pdns().request(zone, { soa_edit_api: 'DEFAULT' }, 'PUT');
      expect(await routerFor().describe()).toMatchObject({ lacks: [] });
      await pdns().request(`${zone}/metadata/ALSO-NOTIFY`, { kind: 'ALSO-NOTIFY', metadata: [second.dns] }, 'PUT');
      for (const [weight, epoch, targets] of [
        [100, 1, Y],
        [0, 2, X],
      ] as const) {
        await set(weight, epoch);
        const followed = async () => (await answers('api', 'A', 1, second).catch(() => [])).sort().join();
        await waitFor('the secondary server follows', async () => (await followed()) === targets.join());
      }
    } finally {
      await pdns().request(zone, { kind: 'Native' }, 'PUT');
      await second.stop();
      await removeFolder(join(dir, 'second'));
    }
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
