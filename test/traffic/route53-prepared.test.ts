import { readFileSync } from 'node:fs';
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { beforeEach, describe, expect, test } from 'vitest';
import { code, MARK, mine, RECORD, useRoute53, weighted, X, Y } from './route53-fixture.ts';

const { route53, router, set, current, begin } = useRoute53();

function changesOf(batch: string): (readonly [Change['Action'], ResourceRecordSet])[] {
  const { Changes } = JSON.parse(batch) as {
    Changes: { Action: Change['Action']; ResourceRecordSet: ResourceRecordSet }[];
  };
  return Changes.map(({ Action, ResourceRecordSet }) => [Action, ResourceRecordSet]);
}

describe('a name that is not prepared', () => {
  const NAME = 'new.example.com';
  const describeIt = (more = {}) =>
    route53()
      .worker({ record: NAME, ...more })
      .router()
      .describe();
  const plain = { Name: `${NAME}.`, Type: 'A' as const, TTL: 300, ResourceRecords: X.map((Value) => ({ Value })) };
  const third = { ...weighted(NAME, 'x', 10), SetIdentifier: 'canary' };
  beforeEach(async () => {
    const sets = await route53().sets(NAME);
    if (sets.length > 0) await route53().change(...sets.map((one) => ['DELETE', one] as const));
  });

  test('is refused with the command that makes it ready', async () => {
    await expect(describeIt()).rejects.toEqual(code('BalancerNotPrepared', 'there is no record of this name'));
    await expect(route53().worker({ record: NAME }).router().current()).rejects.toEqual(code('BalancerNotPrepared'));
    // Mail and the like is in nobody's way.
    const mail = { ...plain, Type: 'MX' as const, ResourceRecords: [{ Value: '10 mail.example.com.' }] };
    await route53().change(['CREATE', plain], ['CREATE', mail]);
    const error = (await describeIt().catch((cause: unknown) => cause)) as Error;
    expect(error).toEqual(code('BalancerNotPrepared', 'there is no weighted record set "crossfade-x"'));
    expect(await route53().sets(NAME)).toHaveLength(2);

    const [, zone, batch] = / --hosted-zone-id (\w+) --change-batch '(.*)'$/.exec(error.message) ?? [];
    expect(zone).toBe(route53().entry.zone);
    await route53().change(...changesOf(batch ?? ''));
    expect(await describeIt({ zone: `/hostedzone/${zone}` })).toEqual({
      ...{ driver: 'route53', place: `${NAME} (A) in hosted zone ${zone}`, lacks: [] },
    });
    expect(await route53().worker({ record: NAME }).router().current()).toEqual({ weight: 0, out: [], epoch: 0 });
    await route53().change(...(await route53().sets(NAME)).map((one) => ['DELETE', one] as const));
    await route53().change(['CREATE', weighted(NAME, 'x', 100, 3_600)], ['CREATE', weighted(NAME, 'y', 0, 3_600)]);
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
    await route53().change(...sets.map((one) => ['CREATE', one] as const));
    await expect(describeIt()).rejects.toEqual(code('BalancerNotPrepared', text));
    const forward = route53()
      .worker({ record: NAME })
      .router()
      .set({ upgrade: mine, weight: 5, epoch: 1, expected: 0 });
    await expect(forward).rejects.toThrow();
    expect(await route53().sets(`_crossfade.${NAME}`)).toEqual([]);
  });

  test('what has mail and other records beside, over several pages of answers, is none of it', async () => {
    const mail = {
      Name: `${NAME}.`,
      Type: 'MX' as const,
      TTL: 300,
      ResourceRecords: [{ Value: '10 mail.example.com.' }],
    };
    const text = { ...mail, Type: 'TXT' as const, ResourceRecords: [{ Value: '"v=spf1 -all"' }] };
    await route53().change(...[...pair, mail, text].map((one) => ['CREATE', one] as const));
    let pages = 0;
    route53().meddler.meddle = (asked, pass) => {
      if (!asked.url.includes('/rrset?')) return pass();
      pages += 1;
      return pass({ ...asked, url: `${asked.url}&maxitems=2` });
    };
    expect((await describeIt()).lacks).toEqual([]);
    expect(pages).toBeGreaterThan(2);
    // A list that never comes to an end.
    route53().meddler.meddle = (asked, pass) =>
      pass({ ...asked, url: asked.url.replace('/rrset?', '/rrset?maxitems=1&') });
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
    await route53().change(...pair.map((one) => ['CREATE', one] as const));
    const taken = { ...plain, Name: 'taken.example.com.', ResourceRecords: Y.map((Value) => ({ Value })) };
    await route53().change(['CREATE', taken]);
    const more = { record: NAME, testers: { host: 'taken.example.com' } };
    await expect(describeIt(more)).rejects.toEqual(code('BalancerNotPrepared', 'taken.example.com'));
    const router = route53().worker(more).router();
    for (const open of [true, false])
      await expect(router.setTesters?.({ upgrade: mine, open, epoch: 1 })).rejects.toEqual(code('BalancerNotPrepared'));
    expect(await route53().sets('taken.example.com')).toHaveLength(1);
  });
});

describe("somebody else's hand", () => {
  test('a third record set is a change of the weight, holds a step, and a retreat goes on as far as it can', async () => {
    const epoch = await begin();
    await set(50, epoch + 1, 0);
    const third = {
      ...weighted(RECORD, 'x', 100),
      SetIdentifier: 'canary',
      ResourceRecords: [{ Value: '203.0.113.9' }],
    };
    await route53().change(['CREATE', third]);
    expect((await current()).weight).toBe(25);
    await expect(set(100, epoch + 2, 50)).rejects.toEqual(code('ForeignChange'));
    await expect(set(0, epoch + 3)).rejects.toEqual(code('ForeignChange', '"canary"'));
    expect(await route53().sets(RECORD)).toMatchObject([{ SetIdentifier: 'canary' }, { Weight: 100 }, { Weight: 0 }]);
    expect((await current()).weight).toBe(50);
    await route53().change(['DELETE', third]);
    expect(await current()).toMatchObject({ weight: 0, epoch: epoch + 3 });
  });

  test.each([
    ['one of the pair was removed', () => route53().change(['DELETE', weighted(RECORD, 'x', 95)]), 100],
    [
      'both were removed',
      () => route53().change(['DELETE', weighted(RECORD, 'x', 95)], ['DELETE', weighted(RECORD, 'y', 5)]),
      undefined,
    ],
    [
      'both have no share any more, which is half each',
      () => route53().change(['UPSERT', weighted(RECORD, 'x', 0)], ['UPSERT', weighted(RECORD, 'y', 0)]),
      50,
    ],
    [
      'other addresses stand for Y',
      () => route53().change(['UPSERT', { ...weighted(RECORD, 'y', 5), ResourceRecords: [{ Value: '203.0.113.9' }] }]),
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
    expect((await route53().sets(RECORD)).map(({ Weight }) => Weight)).toEqual([100, 0]);
    expect(await router().describe()).toMatchObject({ lacks: [] });
  });

  test('the emergency of docs/traffic/route53.md, by hand: all on X, and found as not ours', async () => {
    const page = readFileSync(new URL('../../docs/traffic/route53.md', import.meta.url), 'utf8');
    const [, batch = ''] = /```json\n(\{\s+"Changes"[^]*?)```/.exec(page) ?? [];
    const epoch = await begin();
    await set(50, epoch + 1, 0);
    await route53().change(...changesOf(batch.replaceAll('"TTL": 30', '"TTL": 1')));
    expect((await current()).weight).toBe(0);
    await expect(set(100, epoch + 2, 50)).rejects.toEqual(code('ForeignChange'));
  });

  test('a mark with nonsense in it is no epoch at all: nobody goes on but a retreat', async () => {
    const epoch = await begin();
    const [mark] = await route53().sets(MARK);
    if (mark === undefined) throw new Error('no mark');
    const texts = (...values: string[]) => ({ ...mark, ResourceRecords: values.map((Value) => ({ Value })) });
    const text = mark.ResourceRecords?.[0]?.Value ?? '';
    for (const damaged of [texts('"hello"'), texts(text, '"hello"'), texts(text.replace('epoch=', 'epoch=-'))]) {
      await route53().change(['UPSERT', damaged]);
      await expect(current()).rejects.toEqual(code('BalancerNonsense', MARK));
      await expect(set(50, epoch + 1, 0)).rejects.toEqual(code('BalancerNonsense', MARK));
      expect((await route53().sets(MARK))[0]?.ResourceRecords).toEqual(damaged.ResourceRecords);
    }
    expect(await set(0, epoch + 1)).toMatchObject({ weight: 0, epoch: epoch + 1 });
    expect(await current()).toMatchObject({ weight: 0, epoch: epoch + 1 });
  });
});
