import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge } from '../../src/domain/verdict/index.ts';
import type { SideFigures } from '../../src/domain/verdict/index.ts';
import { figures, limits } from './figures.ts';

const verdictOf = (y: SideFigures | undefined, x = figures(10_000)) =>
  judge({ x, ...(y === undefined ? {} : { y }), control: 'x', limits });
const metricsOf = (y: SideFigures, x?: SideFigures) => verdictOf(y, x).reasons.map(({ metric }) => metric);

test('a good Y passes, with what it was compared with', () => {
  expect(verdictOf(figures(500))).toMatchObject({ verdict: 'pass', control: 'x', reasons: [] });
});

test('too few requests are no evidence; nothing at all is none either', () => {
  expect(verdictOf(figures(199))).toMatchObject({ verdict: 'inconclusive', reasons: [{ metric: 'requests' }] });
  expect(verdictOf(figures(0)).verdict).toBe('inconclusive');
  expect(verdictOf(undefined)).toMatchObject({ verdict: 'inconclusive', reasons: [{ metric: 'metrics' }] });
});

test('one error in 20 is chance, 5 % of 500 are not, mostly errors are clear at once', () => {
  expect(verdictOf(figures(20, { errors: 1 })).verdict).toBe('inconclusive');
  expect(verdictOf(figures(500, { errors: 25 }))).toMatchObject({ verdict: 'fail' });
  expect(verdictOf(figures(500, { errors: 25 })).reasons[0]?.text).toBe(
    'Y: 25 of 500 requests (5 %) answered with 5xx; at most 2 % may be.',
  );
  expect(verdictOf(figures(12, { errors: 12 })).verdict).toBe('fail');
  expect(verdictOf(figures(3, { errors: 3 })).verdict).toBe('inconclusive');
});

test('above a limit, but perhaps by chance: neither fail nor pass', () => {
  expect(verdictOf(figures(200, { errors: 3 })).verdict).toBe('inconclusive');
  expect(judge({ y: figures(200, { errors: 5 }), control: 'none', limits }).verdict).toBe('inconclusive');
});

test('worse than X, below the absolute limit', () => {
  const y = figures(5_000, { errors: 75 });
  expect(metricsOf(y, figures(5_000, { errors: 5 }))).toEqual(['errorRatio']);
  expect(verdictOf(y, figures(5_000, { errors: 5 })).verdict).toBe('fail');
  expect(verdictOf(y, figures(5_000, { errors: 70 })).verdict).toBe('pass');
});

test('requests without a route', () => {
  expect(verdictOf(figures(1_000, { unmatched: 200 })).verdict).toBe('fail');
  expect(metricsOf(figures(1_000, { unmatched: 30 }))).toEqual(['unmatchedRatio']);
});

test('requests without a route accuse Y only against a control that saw the same health checks', () => {
  const y = figures(604, { unmatched: 67 });
  const alone = judge({ y, control: 'none', limits });
  expect(alone).toMatchObject({ verdict: 'inconclusive', reasons: [{ metric: 'unmatchedRatio' }] });
  expect(alone.reasons[0]?.text).toMatch(/^Y: 67 of 604 requests .* no X to compare with/);
  expect(verdictOf(y, figures(0)).verdict).toBe('inconclusive');
  expect(verdictOf(y, figures(10_000, { seconds: 50 })).verdict).toBe('inconclusive');
  const last = (unmatched: number) => ({ x: figures(600, { unmatched }), control: 'x-last' }) as const;
  expect(judge({ y, ...last(0), limits }).verdict).toBe('fail');
  expect(judge({ y, ...last(60), limits }).verdict).toBe('inconclusive');
  expect(verdictOf({ ...y, errors: 300 }, figures(0))).toMatchObject({
    verdict: 'fail',
    reasons: [{ metric: 'errorRatio' }],
  });
});

test('latency: absolute, against X, and only where the range of the percentile is above the limit', () => {
  const slow = (p99Ms: number, low: number) => figures(1_000, { p99Ms, p99Between: [low, p99Ms * 2] });
  expect(verdictOf(slow(9_000, 6_000)).verdict).toBe('fail');
  expect(verdictOf(slow(120, 100)).verdict).toBe('fail');
  expect(verdictOf(slow(120, 60)).verdict).toBe('inconclusive');
  expect(verdictOf(slow(70, 65)).verdict).toBe('pass');
  const { p99Ms: _, p99Between: __, ...unmeasured } = figures(1_000);
  expect(verdictOf(unmeasured)).toMatchObject({ verdict: 'inconclusive', reasons: [{ metric: 'metrics' }] });
});

test('what both sides have is not Y: errors on both, slow on both', () => {
  const broken = figures(1_000, { errors: 900 });
  expect(verdictOf(broken, broken)).toMatchObject({ verdict: 'inconclusive', both: true });
  expect(verdictOf(broken, broken).reasons[0]?.text).toContain('the database');
  const shaky = figures(1_000, { errors: 200 });
  expect(verdictOf(shaky, shaky)).toMatchObject({ verdict: 'inconclusive', both: true });
  expect(verdictOf(shaky, broken)).toMatchObject({ verdict: 'inconclusive', both: true });
  expect(verdictOf(broken, shaky).verdict).toBe('fail');
  expect(verdictOf(broken, shaky)).not.toHaveProperty('both');
  const slow = figures(1_000, { p99Ms: 9_000, p99Between: [8_000, 10_000] });
  expect(verdictOf(slow, slow).verdict).toBe('inconclusive');
});

test('few requests of X: errors of both are no verdict on either, and clearly the worse side is Y', () => {
  const broken = figures(1_000, { errors: 1_000 });
  expect(verdictOf(broken, figures(12, { errors: 12 }))).toMatchObject({ verdict: 'inconclusive', both: true });
  const doubtful = verdictOf(broken, figures(2, { errors: 2 }));
  expect(doubtful).toMatchObject({ verdict: 'inconclusive' });
  expect(doubtful.reasons[0]?.text).toMatch(/; so has X: 2 of 2 requests/);
  expect(doubtful).not.toHaveProperty('both');
  expect(verdictOf(broken, figures(12, { errors: 1 })).verdict).toBe('fail');
  expect(verdictOf(broken, figures(12)).verdict).toBe('fail');
  expect(verdictOf(figures(20, { errors: 20 }), figures(20, { errors: 20 }))).toMatchObject({ both: true });
  expect(verdictOf(figures(20, { errors: 20 }), figures(3, { errors: 3 })).verdict).toBe('inconclusive');
  expect(verdictOf(figures(20, { errors: 20 }), figures(3)).verdict).toBe('fail');
});

test("at 100 % there is no X of the same time: a control that had errors is no excuse, and says nothing of 'both'", () => {
  const y = figures(1_000, { errors: 300 });
  const judged = judge({ y, x: figures(1_000, { errors: 300 }), control: 'x-last', limits });
  expect(judged.verdict).toBe('fail');
  expect(judged).not.toHaveProperty('both');
});

test('an X that counts no answers by status can not be a control', () => {
  const blind = figures(1_000, { unmatched: 1_000 });
  expect(verdictOf(blind, blind)).toMatchObject({ verdict: 'inconclusive', reasons: [{ metric: 'metrics' }] });
});

test('without a control, or with a tiny one: absolute limits only, and it says so', () => {
  const y = figures(5_000, { errors: 75 });
  expect(judge({ y, control: 'none', limits })).toMatchObject({ verdict: 'pass', control: 'none' });
  expect(verdictOf(y, figures(50))).toMatchObject({ verdict: 'pass', control: 'none' });
  const last = { x: figures(5_000, { errors: 5 }), control: 'x-last' } as const;
  expect(judge({ y, ...last, limits })).toMatchObject({ verdict: 'fail', control: 'x-last' });
  expect(judge({ y: figures(1_000, { errors: 100 }), control: 'none', limits }).verdict).toBe('fail');
});

const side = fc
  .record({ requests: fc.integer({ min: 0, max: 50_000 }), bad: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ requests, bad }) => figures(requests, { errors: Math.floor(requests * bad) }));

test('whatever the figures: reasons exactly without a pass, no pass of few requests or above a limit', () => {
  fc.assert(
    fc.property(side, side, fc.constantFrom('x', 'x-last', 'none' as const), (x, y, control) => {
      const { verdict, reasons } = judge({ x, y, control: control as 'x', limits });
      expect(reasons.length === 0).toBe(verdict === 'pass');
      if (verdict !== 'pass') return;
      expect(y.requests).toBeGreaterThanOrEqual(limits.minRequests);
      expect(y.errorRatio).toBeLessThanOrEqual(limits.errorRatio.max);
    }),
  );
});

test('whatever the figures: without a control, requests without a route never fail Y', () => {
  fc.assert(
    fc.property(side, fc.nat(50_000), fc.constantFrom('x', 'none' as const), (x, lost, control) => {
      const few = { ...x, requests: Math.min(x.requests, limits.minRequests - 1) };
      const y = figures(50_000, { unmatched: lost });
      const judged = judge({ x: few, y, control: control as 'x', limits });
      expect(judged.verdict).toBe(lost / 50_000 > limits.unmatchedRatio.max ? 'inconclusive' : 'pass');
    }),
  );
});

test('more errors never make it better', () => {
  const order = { pass: 0, inconclusive: 1, fail: 2 };
  const input = fc.record({ requests: fc.integer({ min: 200, max: 5_000 }), a: fc.nat(400), b: fc.nat(400) });
  fc.assert(
    fc.property(input, ({ requests, a, b }) => {
      const [few, many] = [Math.min(a, b, requests), Math.min(Math.max(a, b), requests)];
      const worse = verdictOf(figures(requests, { errors: many })).verdict;
      expect(order[worse]).toBeGreaterThanOrEqual(order[verdictOf(figures(requests, { errors: few })).verdict]);
    }),
  );
});

/** So many of the good answers fail, in the same share on both sides. */
const withFailures = (side: SideFigures, share: number, round: (n: number) => number): SideFigures =>
  figures(side.requests, { errors: side.errors + round((side.requests - side.errors) * share) });
const errorsOf = (requests: number, most: number) =>
  fc.double({ min: 0, max: most, noNaN: true }).map((bad) => figures(requests, { errors: Math.floor(requests * bad) }));
const sized = (least: number, most = 1) =>
  fc.integer({ min: least, max: 50_000 }).chain((requests) => errorsOf(requests, most));
/** Any share of errors; half of the time one near the limits, where chance decides. */
const around = (least: number) => fc.oneof(sized(least), sized(least, 0.05));

test('the same failures on both sides never fail Y where it did not fail before', () => {
  const shared = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(around(0), around(limits.minRequests), shared, (x, y, share) => {
      fc.pre(verdictOf(y, x).verdict !== 'fail');
      const [worseX, worseY] = [withFailures(x, share, Math.ceil), withFailures(y, share, Math.floor)];
      // A side without requests can't show anything; one that is still within its limit does not fail.
      fc.pre(worseX.requests > 0 && worseX.errorRatio > limits.errorRatio.max);
      expect(verdictOf(worseY, worseX).verdict).not.toBe('fail');
    }),
    { numRuns: 1_000 },
  );
});

test('Y that fails alone always fails, whatever X served; and never is it said to be both', () => {
  fc.assert(
    fc.property(sized(0, limits.errorRatio.max), sized(limits.minRequests), (x, y) => {
      fc.pre(judge({ y, control: 'none', limits }).verdict === 'fail');
      expect(verdictOf(y, x).verdict).toBe('fail');
    }),
    { numRuns: 1_000 },
  );
});

test('both fail only if X would fail as Y does, and never with a verdict on Y', () => {
  fc.assert(
    fc.property(sized(0), sized(0), (x, y) => {
      const { verdict, both } = verdictOf(y, x);
      if (both !== true) return;
      expect(verdict).toBe('inconclusive');
      for (const side of [x, y]) expect(judge({ y: side, control: 'none', limits }).verdict).toBe('fail');
    }),
    { numRuns: 1_000 },
  );
});
