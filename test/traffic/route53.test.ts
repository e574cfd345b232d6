import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import { driverCases } from './driver-cases.ts';
import { startRoute53, weighted, WEIGHTS, X, Y, type Route53 } from './route53-fixture.ts';
import { upgrade } from './setup.ts';

const KEY = 'a-secret-access-key';
let there: Route53;
let worker: { router(): TrafficRouter };
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY);
  there = await startRoute53();
  worker = there.worker({ testers: { host: 'Y.example.com' } });
}, 120_000);
afterEach(() => there.meddler.behave());
afterAll(() => there.stop());

const RECORD = 'api.example.com';
const MARK = '_crossfade.api.example.com';
const mine = upgrade('11111111-1111-4111-8111-111111111111');
const code = (name: string, text = '') =>
  expect.objectContaining({ code: name, message: expect.stringContaining(text) as string }) as Error;
const set = (weight: number, epoch: number, expected?: number, by = mine) =>
  worker.router().set({ upgrade: by, weight, epoch, ...(expected === undefined ? {} : { expected }) });
const current = () => worker.router().current();
/** Everything on X, by a newer epoch than any before. */
async function begin(): Promise<number> {
  const epoch = (await current()).epoch + 1;
  await set(0, epoch);
  return epoch;
}
const byHand = (weight: number) =>
  there.change(['UPSERT', weighted(RECORD, 'x', 100 - weight)], ['UPSERT', weighted(RECORD, 'y', weight)]);

driverCases('route53', {
  router: () => worker.router(),
  weights: WEIGHTS,
  testers: true,
  runs: 8,
  foreign: byHand,
  // Route 53 itself is not restarted by anybody; it may be out of reach for a while.
  restart: () =>
    there.meddler.away(async () => {
      await expect(current()).rejects.toEqual(code('BalancerUnreachable', 'ECONNREFUSED'));
    }),
});

describe('one change', { timeout: 60_000 }, () => {
  test('is one batch that deletes what was there and makes what is new, with the mark and the TTL of the plan', async () => {
    const epoch = await begin();
    const batches: string[] = [];
    there.meddler.meddle = (asked, pass) => {
      if (asked.method === 'POST') batches.push(asked.body);
      return pass();
    };
    const other = there.worker({ ttl: 2 }).router();
    await other.set({ upgrade: mine, weight: 50, epoch: epoch + 1, expected: 0 });
    expect(batches).toHaveLength(1);
    expect([...(batches[0] ?? '').matchAll(/<Action>(\w+)/g)].map(([, action]) => action)).toEqual([
      ...['DELETE', 'DELETE', 'DELETE', 'CREATE', 'CREATE', 'CREATE'],
    ]);
    expect(await there.sets(RECORD)).toMatchObject([
      { SetIdentifier: 'crossfade-x', Weight: 50, TTL: 2 },
      { SetIdentifier: 'crossfade-y', Weight: 50, TTL: 2 },
    ]);
    const [mark] = await there.sets(MARK);
    expect(mark?.ResourceRecords).toEqual([
      {
        Value: expect.stringMatching(
          `^"crossfade1 epoch=${epoch + 1} weight=50 testers=closed at=\\d+ old=\\d+ by=${mine.runId}"$`,
        ) as string,
      },
    ]);
    await set(0, epoch + 2);
  });

  test('that meets another one in the middle is decided again, by what is there then', async () => {
    const epoch = await begin();
    const inBetween = (act: () => Promise<void>) => {
      let done = false;
      there.meddler.meddle = async (asked, pass) => {
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

    const later = there.worker().router();
    inBetween(async () => {
      await later.set({ upgrade: mine, weight: 50, epoch: epoch + 9 });
    });
    await expect(set(0, epoch + 8)).rejects.toEqual(code('StaleEpoch'));
    expect(await current()).toMatchObject({ weight: 50, epoch: epoch + 9 });
  });

  test('that others are always faster than is given up as busy; one that Route 53 will never take, as refused', async () => {
    const epoch = await begin();
    let other = 1;
    there.meddler.meddle = async (asked, pass) => {
      if (asked.method === 'POST') await byHand(other++);
      return pass();
    };
    await expect(set(0, epoch + 1)).rejects.toEqual(code('BalancerBusy', '5 times'));
    there.meddler.meddle = async (asked, pass) => {
      if (asked.method !== 'POST') return pass();
      return pass({ ...asked, body: asked.body.replaceAll(`<Value>${X[0]}</Value>`, '<Value>nonsense</Value>') });
    };
    await expect(set(0, epoch + 2)).rejects.toEqual(code('BalancerRefused', 'do not match the current values'));
  });

  test('a worker that is killed after its change arrived, and before it hears of it: the next one goes on', async () => {
    const epoch = await begin();
    const applied = Promise.withResolvers<void>();
    there.meddler.meddle = async (asked, pass) => {
      if (asked.method !== 'POST') return pass();
      await pass();
      applied.resolve();
      return new Promise(() => undefined);
    };
    const program = fileURLToPath(new URL('route53-set.ts', import.meta.url));
    const args = [program, JSON.stringify(there.entry), '50', String(epoch + 1)];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    await applied.promise;
    child.kill('SIGKILL');
    await once(child, 'exit');
    there.meddler.behave();
    const after = { weight: 50, epoch: epoch + 1, by: 'killed' };
    expect(await current()).toMatchObject(after);
    expect(await set(50, epoch + 1, 0, upgrade('killed'))).toMatchObject(after);
    expect(await set(0, epoch + 2, undefined, upgrade('killed'))).toMatchObject({ weight: 0 });
  });
});

describe('what a weight is verified by', { timeout: 60_000 }, () => {
  test('Route 53 has spread the change, the TTL is over since then, and the resolvers agree', async () => {
    const epoch = await begin();
    await set(100, epoch + 1, 0);
    let pending = 2;
    let spread = 0;
    there.meddler.meddle = async (asked, pass) => {
      const answer = await pass();
      if (!asked.url.includes('/change/')) return answer;
      if (pending-- > 0) return { ...answer, body: answer.body.replace('INSYNC', 'PENDING') };
      spread = Date.now();
      return answer;
    };
    const said: string[] = [];
    const router = worker.router();
    const result = await router.verify(100, { within: 30_000, report: (what) => said.push(what) });
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
    expect(await router.verify(0, { within: 1_500 })).toEqual({
      ...{ agrees: false, what: 'Route 53 still spreads the change to its servers' },
    });
  });

  test('a worker that did not submit the change waits the minute that Route 53 may need', async () => {
    const epoch = await begin();
    await set(5, epoch + 1, 0);
    const result = await there.worker().router().verify(5, { within: 5_000 });
    expect(result.agrees).toBe(false);
    expect(result.what).toMatch(/^resolvers may keep the old answer for [56]\d s more, and there are [45] s$/);
  });

  test('a resolver that goes on with the old addresses', async () => {
    const epoch = await begin();
    await set(100, epoch + 1, 0);
    const { answer } = there.resolver;
    there.resolver.answer = () => [...X];
    const result = await worker.router().verify(100, { within: 3_000 });
    there.resolver.answer = answer;
    expect(result).toEqual({
      agrees: false,
      what: `0 of 1 resolvers answer with it; ${there.resolver.address} answers ${X.join(', ')}`,
    });
  });
});

describe('a name that is not prepared', { timeout: 60_000 }, () => {
  const NAME = 'new.example.com';
  const describeIt = (more = {}) =>
    there
      .worker({ record: NAME, ...more })
      .router()
      .describe();
  const plain = { Name: `${NAME}.`, Type: 'A' as const, TTL: 300, ResourceRecords: X.map((Value) => ({ Value })) };
  const third = { ...weighted(NAME, 'x', 10), SetIdentifier: 'canary' };
  beforeEach(async () => {
    const sets = await there.sets(NAME);
    if (sets.length > 0) await there.change(...sets.map((one) => ['DELETE', one] as const));
  });

  test('is refused with the command that makes it ready', async () => {
    await expect(describeIt()).rejects.toEqual(code('BalancerNotPrepared', 'there is no record of this name'));
    await expect(there.worker({ record: NAME }).router().current()).rejects.toEqual(code('BalancerNotPrepared'));
    await there.change(['CREATE', plain]);
    const error = (await describeIt().catch((cause: unknown) => cause)) as Error;
    expect(error).toEqual(code('BalancerNotPrepared', 'there is no weighted record set "crossfade-x"'));
    expect(await there.sets(NAME)).toHaveLength(1);

    const [, zone, batch] = / --hosted-zone-id (\w+) --change-batch '(.*)'$/.exec(error.message) ?? [];
    expect(zone).toBe(there.entry.zone);
    const { Changes } = JSON.parse(batch ?? '') as {
      Changes: { Action: Change['Action']; ResourceRecordSet: ResourceRecordSet }[];
    };
    await there.change(...Changes.map(({ Action, ResourceRecordSet }) => [Action, ResourceRecordSet] as const));
    expect(await describeIt({ zone: `/hostedzone/${zone}` })).toEqual({
      ...{ driver: 'route53', place: `${NAME} (A) in hosted zone ${zone}`, lacks: [] },
    });
    expect(await there.worker({ record: NAME }).router().current()).toEqual({ weight: 0, out: [], epoch: 0 });
    await there.change(...(await there.sets(NAME)).map((one) => ['DELETE', one] as const));
    await there.change(['CREATE', weighted(NAME, 'x', 100, 3_600)], ['CREATE', weighted(NAME, 'y', 0, 3_600)]);
    expect((await describeIt()).lacks).toEqual([
      expect.stringContaining('its TTL is 3600 s now, and 1 s from the first change'),
    ]);
  });

  const pair = [weighted(NAME, 'x', 100), weighted(NAME, 'y', 0)] as const;
  const [, y] = pair;
  const ALIAS = { HostedZoneId: 'Z1', DNSName: 'lb.example.com.', EvaluateTargetHealth: false };
  test.each([
    ['only one of the two', [pair[0]], 'there is no weighted record set "crossfade-y"'],
    ['another one beside', [...pair, third], 'there is a record set "canary" too'],
    [
      'another type',
      [...pair, { ...plain, Type: 'AAAA' as const, ResourceRecords: [{ Value: '2001:db8::1' }] }],
      'a record set of type AAAA too',
    ],
    [
      'other addresses',
      [pair[0], { ...y, ResourceRecords: [{ Value: '203.0.113.9' }] }],
      '"crossfade-y" stands for 203.0.113.9, and the plan has 198.51.100.1',
    ],
    ['a health check', [pair[0], { ...y, HealthCheckId: 'abc' }], '"crossfade-y" has a health check'],
    [
      'an alias',
      [pair[0], { Name: y.Name, Type: y.Type, SetIdentifier: y.SetIdentifier, Weight: 0, AliasTarget: ALIAS, TTL: 1 }],
      '"crossfade-y" is an alias (of lb.example.com.)',
    ],
    [
      'another routing policy',
      pair.map(({ Weight: _, ...one }, at) => ({
        ...one,
        Region: at === 0 ? ('us-east-1' as const) : ('eu-west-1' as const),
      })),
      '"crossfade-x" is not weighted',
    ],
  ])('%s', async (_, sets, text) => {
    await there.change(...sets.map((one) => ['CREATE', one] as const));
    await expect(describeIt()).rejects.toEqual(code('BalancerNotPrepared', text));
    const forward = there.worker({ record: NAME }).router().set({ upgrade: mine, weight: 5, epoch: 1, expected: 0 });
    await expect(forward).rejects.toThrow();
    expect(await there.sets(`_crossfade.${NAME}`)).toEqual([]);
  });

  test('what has mail and other records beside, over several pages of answers, is none of it', async () => {
    const mail = {
      Name: `${NAME}.`,
      Type: 'MX' as const,
      TTL: 300,
      ResourceRecords: [{ Value: '10 mail.example.com.' }],
    };
    const text = { ...mail, Type: 'TXT' as const, ResourceRecords: [{ Value: '"v=spf1 -all"' }] };
    await there.change(...[...pair, mail, text].map((one) => ['CREATE', one] as const));
    let pages = 0;
    there.meddler.meddle = (asked, pass) => {
      if (!asked.url.includes('/rrset?')) return pass();
      pages += 1;
      return pass({ ...asked, url: `${asked.url}&maxitems=2` });
    };
    expect((await describeIt()).lacks).toEqual([]);
    expect(pages).toBeGreaterThan(2);
    // A list that never comes to an end.
    there.meddler.meddle = (asked, pass) => pass({ ...asked, url: asked.url.replace('/rrset?', '/rrset?maxitems=1&') });
    await expect(describeIt()).rejects.toEqual(code('BalancerNonsense', 'never ends to list them'));
  });

  test('a name outside the zone, and a zone that is not there', async () => {
    await expect(describeIt({ record: 'api.example.org' })).rejects.toEqual(
      code('BalancerNotPrepared', 'api.example.org is not in the zone example.com'),
    );
    await expect(describeIt({ testers: { host: 'y.example.org' } })).rejects.toEqual(
      code('BalancerNotPrepared', 'y.example.org'),
    );
    await expect(describeIt({ zone: 'Z0NOBODY' })).rejects.toEqual(code('BalancerNotPrepared', 'No hosted zone found'));
  });

  test('a name for testers that somebody else uses is neither taken nor removed', async () => {
    await there.change(...pair.map((one) => ['CREATE', one] as const));
    const taken = { ...plain, Name: 'taken.example.com.', ResourceRecords: Y.map((Value) => ({ Value })) };
    await there.change(['CREATE', taken]);
    const more = { record: NAME, testers: { host: 'taken.example.com' } };
    await expect(describeIt(more)).rejects.toEqual(code('BalancerNotPrepared', 'taken.example.com'));
    const router = there.worker(more).router();
    for (const open of [true, false])
      await expect(router.setTesters?.({ upgrade: mine, open, epoch: 1 })).rejects.toEqual(code('BalancerNotPrepared'));
    expect(await there.sets('taken.example.com')).toHaveLength(1);
  });
});

describe("somebody else's hand", { timeout: 60_000 }, () => {
  test('a third record set is a change of the weight, holds a step, and a retreat goes on as far as it can', async () => {
    const epoch = await begin();
    await set(50, epoch + 1, 0);
    const third = {
      ...weighted(RECORD, 'x', 100),
      SetIdentifier: 'canary',
      ResourceRecords: [{ Value: '203.0.113.9' }],
    };
    await there.change(['CREATE', third]);
    expect((await current()).weight).toBe(25);
    await expect(set(100, epoch + 2, 50)).rejects.toEqual(code('ForeignChange'));
    await expect(set(0, epoch + 3)).rejects.toEqual(code('ForeignChange', '"canary"'));
    expect(await there.sets(RECORD)).toMatchObject([{ SetIdentifier: 'canary' }, { Weight: 100 }, { Weight: 0 }]);
    expect((await current()).weight).toBe(50);
    await there.change(['DELETE', third]);
    expect(await current()).toMatchObject({ weight: 0, epoch: epoch + 3 });
  });

  test.each([
    ['one of the pair was removed', () => there.change(['DELETE', weighted(RECORD, 'x', 95)]), 100],
    [
      'both were removed',
      () => there.change(['DELETE', weighted(RECORD, 'x', 95)], ['DELETE', weighted(RECORD, 'y', 5)]),
      undefined,
    ],
    [
      'both have no share any more, which is half each',
      () => there.change(['UPSERT', weighted(RECORD, 'x', 0)], ['UPSERT', weighted(RECORD, 'y', 0)]),
      50,
    ],
    [
      'other addresses stand for Y',
      () => there.change(['UPSERT', { ...weighted(RECORD, 'y', 5), ResourceRecords: [{ Value: '203.0.113.9' }] }]),
      0,
    ],
  ])('%s: a retreat makes the pair anew', async (_, act, weight) => {
    const epoch = await begin();
    await set(5, epoch + 1, 0);
    await act();
    if (weight === undefined) await expect(current()).rejects.toEqual(code('BalancerNotPrepared'));
    else expect((await current()).weight).toBe(weight);
    await expect(set(100, epoch + 2, 5)).rejects.toThrow();
    expect(await set(0, epoch + 3)).toMatchObject({ weight: 0, epoch: epoch + 3 });
    expect((await there.sets(RECORD)).map(({ Weight }) => Weight)).toEqual([100, 0]);
    expect(await worker.router().describe()).toMatchObject({ lacks: [] });
  });

  test('a mark with nonsense in it is no epoch at all, and stays as it is', async () => {
    const epoch = await begin();
    const [mark] = await there.sets(MARK);
    if (mark === undefined) throw new Error('no mark');
    const texts = (...values: string[]) => ({ ...mark, ResourceRecords: values.map((Value) => ({ Value })) });
    const text = mark.ResourceRecords?.[0]?.Value ?? '';
    for (const damaged of [texts('"hello"'), texts(text, '"hello"'), texts(text.replace('epoch=', 'epoch=-'))]) {
      await there.change(['UPSERT', damaged]);
      await expect(current()).rejects.toEqual(code('BalancerNonsense', MARK));
      await expect(set(0, epoch + 1)).rejects.toEqual(code('BalancerNonsense', MARK));
      expect((await there.sets(MARK))[0]?.ResourceRecords).toEqual(damaged.ResourceRecords);
    }
    await there.change(['UPSERT', mark]);
    expect(await current()).toMatchObject({ weight: 0, epoch });
  });
});

describe('what Route 53 answers instead', { timeout: 60_000 }, () => {
  const xml = (name: string, message: string) =>
    `<?xml version="1.0"?><ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>${name}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
  const answerAll = (status: number, body: string, type?: string) => {
    there.meddler.meddle = () => Promise.resolve({ status, body, ...(type === undefined ? {} : { type }) });
  };
  async function fails(name: string, text?: string): Promise<void> {
    const all = [
      () => current(),
      () => set(0, 9_007_199_254_740_000),
      () => worker.router().describe(),
      () => worker.router().verify(0, { within: 0 }),
    ];
    for (const call of all) {
      const error = (await call().catch((cause: unknown) => cause)) as Error;
      expect(error).toEqual(code(name, text));
      expect(error.message).not.toContain(KEY);
    }
  }

  test.each([
    ['a page for people', 200, '<html><body>Welcome to nginx!</body></html>', 'text/html'],
    ['JSON', 200, '{"ok":true}', 'application/json'],
    ['nothing', 200, '', 'text/xml'],
    ['noise', 200, '\u0000\u0001<<<>&&;;', 'text/xml'],
    [
      'half of an answer',
      200,
      '<?xml version="1.0"?><ListResourceRecordSetsResponse><ResourceRecordSets><Resource',
      'text/xml',
    ],
    [
      'an answer to something else',
      200,
      '<?xml version="1.0"?><ListHostedZonesResponse><HostedZones/></ListHostedZonesResponse>',
      'text/xml',
    ],
    ['a page that is not there', 404, '<html><body>404</body></html>', 'text/html'],
  ])('nonsense: %s', async (_, status, body, type) => {
    answerAll(status, body, type);
    await fails('BalancerNonsense', 'What answers is not Route 53');
  });

  test.each([
    [403, 'AccessDenied', 'User: arn:aws:iam::1:user/worker is not authorized to perform that', 'BalancerRefused'],
    [403, 'InvalidClientTokenId', 'The security token included in the request is invalid', 'BalancerRefused'],
    [400, 'InvalidInput', 'The input is not valid', 'BalancerRefused'],
  ])('%i %s', async (status, name, message, as) => {
    answerAll(status, xml(name, message));
    await fails(as, message);
  });

  test('what the client can try again, it does; what stays so, Temporal may try', async () => {
    const failures = {
      'one.example.com': [400, 'Throttling', 'Rate exceeded', 'BalancerBusy'],
      'two.example.com': [400, 'PriorRequestNotComplete', 'The request was rejected', 'BalancerBusy'],
      'three.example.com': [500, 'InternalError', 'We are sorry', 'BalancerUnreachable'],
    } as const;
    const all = Object.entries(failures);
    let only = 1;
    const asked = new Map<string, number>();
    there.meddler.meddle = async ({ url }, pass) => {
      const [name, failure] = all.find(([record]) => url.includes(record)) ?? [];
      if (name === undefined || failure === undefined) return pass();
      asked.set(name, (asked.get(name) ?? 0) + 1);
      return (asked.get(name) ?? 0) > only ? pass() : { status: failure[0], body: xml(failure[1], failure[2]) };
    };
    const failing = (expected: (failure: (typeof all)[number][1]) => Error) =>
      Promise.all(
        all.map(([record, failure]) =>
          expect(there.worker({ record }).router().current()).rejects.toEqual(expected(failure)),
        ),
      );
    await failing(() => code('BalancerNotPrepared', 'there is no record of this name'));
    only = Infinity;
    await failing(([, , message, as]) => code(as, message));
  });

  test('what an answer was lost to is not done twice: the batch that is sent again does not fit any more', async () => {
    const epoch = await begin();
    let lost = 0;
    there.meddler.meddle = async (asked, pass) => {
      const answer = await pass();
      if (asked.method !== 'POST' || lost++ > 0) return answer;
      return { status: 500, body: xml('InternalError', 'lost') };
    };
    expect(await set(50, epoch + 1, 0)).toMatchObject({ weight: 50, epoch: epoch + 1 });
    expect(lost).toBe(2);
    there.meddler.behave();
    await set(0, epoch + 2);
  });

  test('a worker without the right to change hears so before the first step; and it may go on to look', async () => {
    const { key, secret, release } = await onlyAllow(['GetHostedZone', 'ListResourceRecordSets', 'GetChange']);
    try {
      vi.stubEnv('AWS_ACCESS_KEY_ID', key);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
      const denied = code('BalancerRefused', 'route53:ChangeResourceRecordSets');
      await expect(worker.router().describe()).rejects.toEqual(denied);
      await expect(set(0, (await current()).epoch + 1)).rejects.toEqual(denied);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another-secret');
      const error = (await current().catch((cause: unknown) => cause)) as Error;
      expect(error).toEqual(code('BalancerRefused', 'HTTP 403'));
      expect(error.message).not.toContain('another-secret');
    } finally {
      await release();
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY);
    }
  });

  /** From now on moto looks whose requests they are, and what these may do. */
  async function onlyAllow(actions: string[]): Promise<{ key: string; secret: string; release(): Promise<void> }> {
    const iam = async (parameters: Record<string, string>) => {
      const body = new URLSearchParams({ Version: '2010-05-08', UserName: 'worker', ...parameters });
      const authorization =
        'AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0';
      return (await fetch(there.moto, { method: 'POST', body, headers: { authorization } })).text();
    };
    await iam({ Action: 'CreateUser' });
    const Statement = [{ Effect: 'Allow', Action: actions.map((action) => `route53:${action}`), Resource: '*' }];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam({ Action: 'PutUserPolicy', PolicyName: 'worker', PolicyDocument });
    const made = await iam({ Action: 'CreateAccessKey' });
    const part = (name: string) => new RegExp(`<${name}>([^<]+)`).exec(made)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const after = (requests: string) => fetch(`${there.moto}/moto-api/reset-auth`, { method: 'POST', body: requests });
    await after('0');
    return {
      key: part('AccessKeyId'),
      secret: part('SecretAccessKey'),
      release: async () => void (await after('1e9')),
    };
  }
});
