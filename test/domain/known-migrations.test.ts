import { describe, expect, test } from 'vitest';
import { VERSIONS, subsystems } from '../../sandbox/kong/schema/versions.ts';
import { bundledPlugins } from '../../sandbox/kong/schema/bundled.ts';
import { isBundled } from '../../src/domain/bundled-plugins.ts';
import {
  possibleRisks,
  risksOf,
  whatIsExpected,
  whatWillHappen,
  whyNotAgain,
  type PairFacts,
} from '../../src/domain/migrations/index.ts';

const namesOf = (version: (typeof VERSIONS)[number]): Set<string> =>
  new Set(
    subsystems(version, new Set(bundledPlugins(version).keys())).flatMap(({ name, migrations }) =>
      migrations.map((one) => `${name}/${one}`),
    ),
  );

describe('what happens', () => {
  const pairs = VERSIONS.flatMap((x, index) => VERSIONS.slice(index + 1).map((y) => [x, y] as const));
  test.each(pairs)('%s to %s: the table knows exactly what is new', (x, y) => {
    const [old, now] = [namesOf(x), namesOf(y)];
    const fresh = [...now].filter((name) => !old.has(name)).sort();
    const expected = whatIsExpected(x, y)?.up.map(({ name }) => name);
    expect(expected?.sort()).toEqual(fresh);
    expect(whatWillHappen(fresh, [], y).unknown).toEqual([]);
  });

  test('3.6.1 to 3.7.1', () => {
    const { up = [], finish = [] } = whatIsExpected('3.6.1', '3.7.1') ?? {};
    expect(up.map(({ name }) => name)).toEqual(['core/023_360_to_370', 'ai-proxy/001_360_to_370']);
    expect(finish.map(({ name }) => name)).toEqual(['ai-proxy/001_360_to_370']);
    expect(up[0]?.does).toContain('clustering_rpc_requests');
  });

  test('the same migration in 3.6.1, in its Enterprise, and later', () => {
    const names = ['rate-limiting/006_350_to_360'];
    expect(whatWillHappen(names, [], '3.6.1').up[0]?.does).toContain('X has none any more');
    expect(whatWillHappen(names, [], '3.6.1').finish).toEqual([]);
    expect(whatWillHappen(names, [], '3.6.1.5').finish).toHaveLength(1);
    expect(whatWillHappen([], names, '3.9.1')).toMatchObject({ up: [], finish: [{ name: names[0] }] });
  });

  test("what nobody knows is named; a plugin's first migration creates its tables", () => {
    const names = ['enterprise/021_3500_to_3600', 'oauth2/000_base_oauth2'];
    expect(whatWillHappen(names, [], '3.9.1')).toEqual({
      up: [{ name: 'oauth2/000_base_oauth2', does: 'creates the tables of oauth2' }],
      finish: [],
      unknown: ['enterprise/021_3500_to_3600'],
    });
  });
});

describe('dangers', () => {
  const calm: PairFacts = {
    redisPlugins: {},
    queuelessOpentelemetry: 0,
    duplicateTargets: 0,
    llmLicenses: 0,
    syncDeltas: 0,
  };
  const redis = { ...calm, redisPlugins: { 'rate-limiting': 2 } };
  const limiting = ['rate-limiting/006_350_to_360', 'opentelemetry/001_331_to_332'];
  const names = (x: string, y: string, migrations: readonly string[], facts: PairFacts) =>
    risksOf(x, y, migrations, facts).map(({ name }) => name);

  test.each([
    // pair                    | migrations                 | facts                                    | dangers
    ['3.9.0', '3.9.1', [], calm, []],
    ['3.4.2', '3.9.1', limiting, redis, []],
    ['3.4.2', '3.6.1', limiting, calm, ['up-not-repeatable']],
    ['3.4.2', '3.6.1', limiting, redis, ['up-breaks-x', 'up-not-repeatable']],
    ['3.6.0', '3.6.1', limiting.slice(1), redis, []],
    ['3.4.3.5', '3.6.1.5', limiting, redis, []],
    ['3.4.2', '3.7.1', limiting, { ...calm, queuelessOpentelemetry: 1 }, ['finish-fails']],
    ['3.4.2', '3.8.0', limiting, { ...calm, queuelessOpentelemetry: 1 }, []],
    ['2.8.5', '3.4.2', ['core/016_280_to_300'], calm, ['up-not-repeatable']],
    [
      '2.8.5',
      '3.4.2',
      ['core/016_280_to_300'],
      { ...calm, duplicateTargets: 3 },
      ['up-not-repeatable', 'finish-deletes-duplicates'],
    ],
    ['3.9.1', '3.10.0', ['core/025_390_to_3100'], calm, []],
    ['3.9.1', '3.10.0', ['core/025_390_to_3100'], { ...calm, syncDeltas: 7 }, ['up-breaks-x']],
    ['3.10.0.1', '3.11.0.0', [], calm, ['up-may-fail']],
    ['3.10.0.1', '3.11.0.0', [], { ...calm, llmLicenses: 7 }, ['up-fails', 'up-may-fail']],
    ['3.10.0.1', '3.11.0.7', [], { ...calm, llmLicenses: 7 }, []],
  ] as const)('%s to %s, %o, %o', (x, y, migrations, facts, expected) => {
    expect(names(x, y, migrations, facts)).toEqual(expected);
  });

  test('by the versions alone: with the condition of each', () => {
    expect(possibleRisks('3.4.2', '3.6.1', limiting)).toEqual([
      expect.objectContaining({ name: 'up-breaks-x', when: expect.stringContaining('Redis') }),
      expect.objectContaining({ name: 'finish-fails' }),
      expect.objectContaining({ name: 'up-not-repeatable', when: 'always' }),
    ]);
  });

  test('migrations that must not run twice', () => {
    const state = (name: string) => ({ state: 'new' as const, executed: [], pending: [], new: [name] });
    expect(whyNotAgain(state('core/016_280_to_300'), '3.4.2')).toContain('regex path');
    expect(whyNotAgain(state('rate-limiting/006_350_to_360'), '3.6.1')).toContain('Redis');
    expect(whyNotAgain(state('rate-limiting/006_350_to_360'), '3.7.1')).toBeUndefined();
    expect(whyNotAgain(state('core/024_380_to_390'), '3.9.1')).toBeUndefined();
  });
});

test('plugins that a version bundles', () => {
  for (const version of VERSIONS)
    for (const name of bundledPlugins('3.9.1').keys())
      // Between the versions that are played there is 3.8, which brought standard-webhooks.
      expect(isBundled(name, version)).toBe(bundledPlugins(version).has(name));
  expect(isBundled('standard-webhooks', '3.8.0')).toBe(true);
  expect(isBundled('my-own', '3.9.1')).toBe(false);
  expect(isBundled('openid-connect', '3.9.0.1')).toBe(true);
});
