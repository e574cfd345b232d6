import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  markText,
  nextMark,
  oldAnswersUntil,
  readMark,
  stateFrom,
  type Mark,
} from '../../src/adapters/traffic/dns/mark.ts';
import { markName, sameTargets, type DnsEntry } from '../../src/adapters/traffic/dns/names.ts';
import { targetsAt, verifyAnswers } from '../../src/adapters/traffic/dns/verify.ts';
import { startDnsServer, type DnsServer } from './dns-server.ts';

const mark: Mark = { epoch: 7, by: 'a-run', weight: 25, testers: true, at: 1_800_000_000, old: 60 };

describe('the mark of the last change', () => {
  test('is one line of TXT, and is read as it was written', () => {
    const text = 'crossfade1 epoch=7 weight=25 testers=open at=1800000000 old=60 by=a-run';
    expect(markText(mark)).toBe(text);
    const marks = fc.record({
      epoch: fc.maxSafeNat(),
      by: fc.uuid(),
      weight: fc.integer({ min: 0, max: 100 }),
      testers: fc.boolean(),
      at: fc.integer({ min: 0, max: 4_000_000_000 }),
      old: fc.nat(1_000_000),
    });
    fc.assert(
      fc.property(marks, (one) => {
        expect(markText(one).length).toBeLessThanOrEqual(255);
        expect(readMark('name', [markText(one)])).toEqual(one);
      }),
    );
  });

  test('without it nothing was changed yet; anything else in its place is never an epoch', () => {
    expect(readMark('name', [])).toBeUndefined();
    const text = markText(mark);
    const damaged = [
      ...[
        '',
        'v=spf1 -all',
        text.slice(1),
        text.slice(0, -7),
        `${text} `,
        text.replace('7', '-7'),
        text.replace('7', ''),
      ],
      ...[text.replace('25', '101'), text.replace('epoch=7', 'epoch=9007199254740993'), text.replace('open', 'ajar')],
    ];
    const nonsense = expect.objectContaining({ code: 'BalancerNonsense' }) as Error;
    for (const one of damaged) expect(() => readMark('name', [one]), one).toThrow(nonsense);
    expect(() => readMark('name', [text, text])).toThrow(nonsense);
    fc.assert(
      fc.property(fc.string(), (one) => {
        expect(() => readMark('name', [one])).toThrow(nonsense);
      }),
    );
  });

  test('says for how long answers from before it may be around, those of the change before that included', () => {
    const change = { epoch: 8, by: 'a-run', weight: 50, testers: false };
    const first = nextMark(undefined, change, [30, 300]);
    expect(first).toMatchObject({ ...change, old: 300 });
    expect(oldAnswersUntil(first)).toBeGreaterThanOrEqual(Date.now() + 300_000);
    expect(oldAnswersUntil(first)).toBeLessThanOrEqual(Date.now() + 301_000);
    const second = nextMark(first, { ...change, epoch: 9 }, [30, 30]);
    expect(oldAnswersUntil(second)).toBe(oldAnswersUntil(first));
    expect(nextMark({ ...first, at: first.at - 1_000 }, change, [30]).old).toBe(30);
    expect(oldAnswersUntil(undefined)).toBe(0);
  });

  test('becomes the state, with the weight and the way of testers as the zone has them', () => {
    expect(stateFrom(undefined, { weight: 0 })).toEqual({ weight: 0, out: [], epoch: 0 });
    expect(stateFrom(mark, { weight: 3, testers: false })).toEqual({
      ...{ weight: 3, out: [], epoch: 7, by: 'a-run', testers: false },
    });
  });

  test('has a name of its own for each kind of address', () => {
    expect(markName({ record: 'api.example.com', type: 'A' })).toBe('_crossfade.api.example.com');
    expect(markName({ record: 'api.example.com', type: 'AAAA' })).toBe('_crossfade-aaaa.api.example.com');
  });
});

test('addresses are compared, not their spelling', () => {
  expect(sameTargets(['2001:DB8::1', '2001:db8:0:0::2'], ['2001:db8:0::2', '2001:db8::0:1'])).toBe(true);
  expect(sameTargets(['Y.example.com.'], ['y.example.com'])).toBe(true);
  expect(sameTargets(['192.0.2.1'], ['192.0.2.1', '192.0.2.2'])).toBe(false);
  expect(sameTargets(['192.0.2.1', '192.0.2.3'], ['192.0.2.1', '192.0.2.2'])).toBe(false);
});

describe('what resolvers answer', () => {
  const sides = { x: ['192.0.2.1', '192.0.2.2'], y: ['198.51.100.1'] };
  let [one, other]: DnsServer[] = [];
  beforeAll(async () => {
    one = await startDnsServer();
    other = await startDnsServer();
  });
  afterAll(async () => {
    await one?.stop();
    await other?.stop();
  });
  const both = () => {
    if (one === undefined || other === undefined) throw new Error('no resolver');
    return { one, other };
  };
  const answerWith = (first: readonly string[] | 'silence', second = first) => {
    both().one.answer = () => first;
    both().other.answer = () => second;
  };
  beforeEach(() => answerWith(sides.x));

  const verify = (
    weight: number,
    within: number,
    more: Partial<DnsEntry> & { from?: number; signal?: AbortSignal } = {},
  ) => {
    const { from = 0, signal, ...entry } = more;
    const resolvers = [both().one.address, both().other.address];
    const asked = { record: 'api.example.com', type: 'A' as const, resolvers, ...sides, ...entry };
    const said: string[] = [];
    return verifyAnswers(
      asked,
      { targets: targetsAt(asked, weight), from },
      { within, report: (what) => said.push(what), ...(signal === undefined ? {} : { signal }) },
    ).then((result) => ({ ...result, said }));
  };
  const AGREED = { agrees: true, what: '2 of 2 resolvers answer with it' };

  test('agree with 0 and 100 by the addresses of that side only, over several answers each', async () => {
    const before = both().one.asked.length;
    expect(await verify(0, 20_000)).toMatchObject(AGREED);
    expect(both().one.asked.slice(before)).toEqual(Array(5).fill('A api.example.com'));
    answerWith(sides.y);
    expect(await verify(100, 20_000)).toMatchObject(AGREED);
    expect(await verify(0, 0)).toMatchObject({
      agrees: false,
      what: expect.stringContaining('answers 198.51.100.1') as string,
    });
  });

  test('may answer either side in between, and nothing else', async () => {
    let turn = 0;
    both().one.answer = () => (turn++ % 2 === 0 ? sides.x : sides.y);
    expect(await verify(25, 20_000)).toMatchObject(AGREED);
    both().one.answer = () => ['203.0.113.9'];
    const what = `1 of 2 resolvers answer with it; ${both().one.address} answers 203.0.113.9`;
    expect(await verify(25, 1_500)).toMatchObject({ agrees: false, what });
  });

  test('one old answer among many starts the count again', async () => {
    let turn = 0;
    both().one.answer = () => (++turn === 3 ? sides.y : sides.x);
    expect(await verify(0, 20_000)).toMatchObject(AGREED);
    expect(turn).toBe(8);
    expect(await verify(0, 0)).toMatchObject({
      agrees: false,
      what: `${AGREED.what}, but were not asked often enough`,
    });
  });

  test('that say nothing, or know no such name, are named', async () => {
    answerWith('silence', []);
    const { agrees, what } = await verify(0, 0);
    expect(agrees).toBe(false);
    expect(what).toContain(`${both().one.address} does not answer (ETIMEOUT)`);
    expect(what).toContain(`${both().other.address} has no answer (ENOTFOUND)`);
    expect(await verify(0, 0, { resolvers: ['no-such-host.invalid'] })).toMatchObject({
      what: expect.stringMatching(/no-such-host\.invalid (does not answer|has no answer)/) as string,
    });
  });

  test('are not asked before the old TTL is over', async () => {
    answerWith(sides.y);
    // Nearly 2 s, so that a moment without this process is none less.
    const from = Date.now() + 1_950;
    setTimeout(() => answerWith(sides.x), 1_200);
    const before = both().one.asked.length;
    const { agrees, said } = await verify(0, 20_000, { from });
    expect(agrees).toBe(true);
    expect(Date.now()).toBeGreaterThanOrEqual(from);
    expect(said[0]).toBe('resolvers may keep the old answer for 2 s more');
    expect(both().one.asked.length - before).toBe(5);
  });

  test('can not agree within less than the TTL, which is told at once', async () => {
    const before = both().one.asked.length;
    const result = await verify(0, 5_000, { from: Date.now() + 60_000 });
    expect(result).toMatchObject({
      agrees: false,
      what: 'resolvers may keep the old answer for 60 s more, and there are 5 s',
    });
    expect(both().one.asked.length).toBe(before);
  });

  test('are not waited for when the wait is called off', async () => {
    const reason = new Error('called off');
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 50);
    await expect(verify(0, 60_000, { from: Date.now() + 30_000, signal: stop.signal })).rejects.toBe(reason);
    answerWith(sides.y);
    await expect(verify(0, 60_000, { signal: AbortSignal.timeout(500) })).rejects.toThrow();
  });

  test('may be given by name, and are asked for every type', async () => {
    const port = both().one.address.split(':')[1] ?? '';
    const at = { resolvers: [`localhost:${port}`] };
    both().one.answer = (_, type) => (type === 'AAAA' ? ['2001:db8:0::1'] : type === 'CNAME' ? ['X.example.com'] : []);
    const six = { ...at, type: 'AAAA' as const, x: ['2001:DB8::1'], y: ['2001:db8::2'] };
    expect(await verify(0, 20_000, six)).toMatchObject({ agrees: true });
    expect(await verify(100, 0, six)).toMatchObject({ agrees: false });
    const name = { ...at, type: 'CNAME' as const, x: ['x.example.com'], y: ['y.example.com'] };
    expect(await verify(0, 20_000, name)).toMatchObject({ agrees: true });
  });

  test('are not needed: then only the TTL is waited for', async () => {
    expect(await verify(0, 0, { resolvers: [] })).toMatchObject({
      ...{ agrees: true, what: 'old answers are over (the plan names no resolver to ask)' },
    });
  });
});
