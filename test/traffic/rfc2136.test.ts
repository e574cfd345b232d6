import { describe, expect, test } from 'vitest';
import { freePort } from '../../sandbox/free-port.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createUpdatedZone } from '../../src/adapters/traffic/rfc2136/zone.ts';
import { driverCases } from './driver-cases.ts';
import { code, KEYS, mine, PATH, records, useBind, X, Y, ZONE } from './rfc2136-fixture.ts';

const { bind, entryFor, routerFor, person, set, answer } = useBind();

driverCases('RFC 2136', {
  router: () => routerFor(),
  weights: [25, 100],
  testers: true,
  restart: () => bind().restart(),
  foreign: (weight) => person(...records('api', 'A', weight === 0 ? X : Y)),
  runs: 3,
});

describe('what is in the zone', () => {
  test('so many addresses of each side that they make the share', async () => {
    expect(await routerFor().describe()).toEqual({
      ...{ driver: 'rfc2136', place: `api.${ZONE} at the DNS server ${bind().address}` },
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
    await person(`add api.${ZONE}. 1 AAAA 2001:db8::1`);
    const dead = `127.0.0.1:${await freePort()}`;
    expect((await routerFor({ resolvers: [bind().address, dead] }).describe()).lacks).toEqual([
      expect.stringMatching(/^the name has AAAA records too/),
      expect.stringMatching(`^the resolver ${dead} does not answer`),
    ]);
    await expect(set(10, 6, 0)).rejects.toThrow(/can't have 10 % on Y.*0, 25, 40, 50, 100 %/);
    await expect(set(10, 6, 0)).rejects.toEqual(code('WeightImpossible'));
  });

  test('IPv6 in whatever spelling; a CNAME moves at once; the name of the zone itself', async () => {
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

    await person(...X.map((address) => `add ${ZONE}. 1 A ${address}`));
    const apex = routerFor({ record: ZONE });
    expect(await apex.describe()).toMatchObject({ lacks: [] });
    expect(await set(25, 1, 0, apex)).toMatchObject({ weight: 25, epoch: 1 });
    expect(await set(0, 2, undefined, apex)).toMatchObject({ weight: 0, epoch: 2 });
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
    await bind().restart('killed');
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
    expect((await routerFor().verify(25, { within: 0 })).what).toContain('which Crossfade did not write');
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
