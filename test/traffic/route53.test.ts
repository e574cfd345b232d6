import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { driverCases } from './driver-cases.ts';
import { code, MARK, mine, RECORD, useRoute53, WEIGHTS, X } from './route53-fixture.ts';
import { upgrade } from './setup.ts';

const { route53, router, set, current, begin, byHand } = useRoute53();

driverCases('route53', {
  router,
  weights: WEIGHTS,
  testers: true,
  runs: 8,
  foreign: byHand,
  // Route 53 itself is not restarted by anybody; it may be out of reach for a while.
  restart: () =>
    route53().meddler.away(async () => {
      await expect(current()).rejects.toEqual(code('BalancerUnreachable', 'ECONNREFUSED'));
    }),
});

describe('one change', () => {
  test('is one batch that deletes what was there and makes what is new, with the mark and the TTL of the plan', async () => {
    const epoch = await begin();
    const batches: string[] = [];
    route53().meddler.meddle = (asked, pass) => {
      if (asked.method === 'POST') batches.push(asked.body);
      return pass();
    };
    const other = route53().worker({ ttl: 2 }).router();
    await other.set({ upgrade: mine, weight: 50, epoch: epoch + 1, expected: 0 });
    expect(batches).toHaveLength(1);
    expect([...(batches[0] ?? '').matchAll(/<Action>(\w+)/g)].map(([, action]) => action)).toEqual([
      ...['DELETE', 'DELETE', 'DELETE', 'CREATE', 'CREATE', 'CREATE'],
    ]);
    expect(await route53().sets(RECORD)).toMatchObject([
      { SetIdentifier: 'crossfade-x', Weight: 50, TTL: 2 },
      { SetIdentifier: 'crossfade-y', Weight: 50, TTL: 2 },
    ]);
    const [mark] = await route53().sets(MARK);
    expect(mark?.ResourceRecords).toEqual([
      {
        Value: expect.stringMatching(
          `^"crossfade1 epoch=${epoch + 1} weight=50 testers=closed at=\\d+ old=\\d+ by=${mine.runId}"$`,
        ) as string,
      },
    ]);
    await set(0, epoch + 2);
  });

  test('before the first one it is asked for under each name, by a batch that can do nothing; and each resolver is asked', async () => {
    const before = await route53().sets(RECORD);
    const { answer } = route53().resolver;
    route53().resolver.answer = () => [];
    let batch = '';
    route53().meddler.meddle = (asked, pass) => {
      if (asked.method === 'POST') batch += asked.body;
      return pass();
    };
    const { lacks } = await router().describe();
    route53().resolver.answer = answer;
    expect(lacks).toEqual([expect.stringMatching(/^the resolver \S+ has no answer \(ENOTFOUND\)/)]);
    const names = [...batch.matchAll(/<Name>([^<]+)\.<\/Name><Type>(\w+)/g)].map(([, name, type]) => `${type} ${name}`);
    expect(names).toEqual([`TXT ${MARK}`, `A ${RECORD}`, 'A Y.example.com']);
    expect(batch).not.toMatch(/CREATE|UPSERT/);
    expect(await route53().sets(RECORD)).toEqual(before);
  });

  test('that meets another one in the middle is decided again, by what is there then', async () => {
    const epoch = await begin();
    const inBetween = (act: () => Promise<void>) => {
      let done = false;
      route53().meddler.meddle = async (asked, pass) => {
        if (asked.method === 'POST' && !done) {
          done = true;
          await act();
        }
        return pass();
      };
    };
    inBetween(() => byHand(30));
    await expect(set(5, epoch + 1, 0)).rejects.toEqual(
      code('ForeignChange', '0 % on Y was expected and 30 % was found'),
    );
    expect(await current()).toMatchObject({ weight: 30, epoch });

    inBetween(() => byHand(40));
    expect(await set(0, epoch + 2)).toMatchObject({ weight: 0, epoch: epoch + 2 });

    const later = route53().worker().router();
    inBetween(async () => {
      await later.set({ upgrade: mine, weight: 50, epoch: epoch + 9 });
    });
    await expect(set(0, epoch + 8)).rejects.toEqual(code('StaleEpoch'));
    expect(await current()).toMatchObject({ weight: 50, epoch: epoch + 9 });
  });

  test('that others are always faster than is given up as busy; one that Route 53 will never take, as refused', async () => {
    const epoch = await begin();
    let other = 1;
    route53().meddler.meddle = async (asked, pass) => {
      if (asked.method === 'POST') await byHand(other++);
      return pass();
    };
    await expect(set(0, epoch + 1)).rejects.toEqual(code('BalancerBusy', '5 times'));
    route53().meddler.meddle = async (asked, pass) => {
      if (asked.method !== 'POST') return pass();
      return pass({ ...asked, body: asked.body.replaceAll(`<Value>${X[0]}</Value>`, '<Value>nonsense</Value>') });
    };
    await expect(set(0, epoch + 2)).rejects.toEqual(code('BalancerRefused', 'do not match the current values'));
  });

  test('a worker that is killed after its change arrived, and before it hears of it: the next one goes on', async () => {
    const epoch = await begin();
    const applied = Promise.withResolvers<void>();
    route53().meddler.meddle = async (asked, pass) => {
      if (asked.method !== 'POST') return pass();
      await pass();
      applied.resolve();
      return new Promise(() => undefined);
    };
    const program = fileURLToPath(new URL('route53-set.ts', import.meta.url));
    const args = [program, JSON.stringify(route53().entry), '50', String(epoch + 1)];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    await applied.promise;
    child.kill('SIGKILL');
    await once(child, 'exit');
    route53().meddler.behave();
    const after = { weight: 50, epoch: epoch + 1, by: 'killed' };
    expect(await current()).toMatchObject(after);
    expect(await set(50, epoch + 1, 0, upgrade('killed'))).toMatchObject(after);
    expect(await set(0, epoch + 2, undefined, upgrade('killed'))).toMatchObject({ weight: 0 });
  });
});

describe('what a weight is verified by', () => {
  test('Route 53 has spread the change, the TTL is over since then, and the resolvers agree', async () => {
    const epoch = await begin();
    await set(100, epoch + 1, 0);
    let pending = 2;
    let spread = 0;
    route53().meddler.meddle = async (asked, pass) => {
      const answer = await pass();
      if (!asked.url.includes('/change/')) return answer;
      if (pending-- > 0) return { ...answer, body: answer.body.replace('INSYNC', 'PENDING') };
      spread = Date.now();
      return answer;
    };
    const said: string[] = [];
    const result = await router().verify(100, { within: 30_000, report: (what) => said.push(what) });
    expect(result).toEqual({ agrees: true, what: '1 of 1 resolvers answer with it' });
    expect(Date.now() - spread).toBeGreaterThanOrEqual(1_000);
    expect(said).toEqual(
      expect.arrayContaining([
        'Route 53 spreads the change to its servers',
        expect.stringMatching(/^resolvers may keep the old answer for \d s more$/),
      ]),
    );
    await set(0, epoch + 2);
    pending = 1_000;
    expect(await router().verify(0, { within: 1_500 })).toEqual({
      ...{ agrees: false, what: 'Route 53 still spreads the change to its servers' },
    });
  });

  test('a worker that did not submit the change waits the minute that Route 53 may need', async () => {
    const epoch = await begin();
    await set(5, epoch + 1, 0);
    const result = await route53().worker().router().verify(5, { within: 5_000 });
    expect(result.agrees).toBe(false);
    expect(result.what).toMatch(/^resolvers may keep the old answer for [56]\d s more, and there are [45] s$/);
  });

  test('a resolver that goes on with the old addresses', async () => {
    const epoch = await begin();
    await set(100, epoch + 1, 0);
    const { answer } = route53().resolver;
    route53().resolver.answer = () => [...X];
    const result = await router().verify(100, { within: 3_000 });
    route53().resolver.answer = answer;
    expect(result).toEqual({
      agrees: false,
      what: `0 of 1 resolvers answer with it; ${route53().resolver.address} answers ${X.join(', ')}`,
    });
  });
});
