import { expect, test } from 'vitest';
import type { SideReading, WatchRules, WatchState } from '../../src/domain/verdict/index.ts';
import { addSamples, observe, startWatch } from '../../src/domain/verdict/index.ts';
import { counters, figures, limits } from './figures.ts';

type Numbers = Parameters<typeof counters>[1] & { answered?: number };
const rules: WatchRules = { limits, weight: 25 };
const one = (name: string, { answered = 0, ...more }: Numbers = {}): SideReading => ({
  readable: true,
  nodes: { [name]: counters(answered, more) },
});
const down: SideReading = { readable: false, why: 'Kong node y1 does not answer.' };

/** Reads every 10 s, with what each side adds from one reading to the next. */
function* watch(using: WatchRules = rules) {
  let state: WatchState | undefined;
  let seconds = 0;
  let [x, y]: [SideReading, SideReading] = [one('x1'), one('y1')];
  for (;;) {
    const at = new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
    const seen = observe(state ?? startWatch(at), { at, x, y }, using);
    // What a crash of the worker would carry over.
    state = JSON.parse(JSON.stringify(seen.state)) as WatchState;
    [x, y] = yield { ...seen, size: JSON.stringify(seen.state).length };
    seconds += 10;
  }
}

function start(using?: WatchRules) {
  const running = watch(using) as Generator<
    ReturnType<typeof observe> & { size: number },
    never,
    [SideReading, SideReading]
  >;
  running.next();
  const totals = { x: { answered: 0, errors: 0, other: 0, slow: 0 }, y: { answered: 0, errors: 0, other: 0, slow: 0 } };
  /** Adds to the counters and reads; `other` has one reading and the usual background in it already. */
  return (x: Numbers | SideReading, y: Numbers | SideReading) => {
    const reading = (side: 'x' | 'y', more: Numbers | SideReading): SideReading => {
      if ('readable' in more) return more;
      for (const key of ['answered', 'errors', 'slow'] as const) totals[side][key] += more[key] ?? 0;
      totals[side].other += 1 + (more.other ?? 0);
      return one(`${side}1`, totals[side]);
    };
    return running.next([reading('x', x), reading('y', y)]).value;
  };
}

test('a good Y: inconclusive until it had enough requests, then pass', () => {
  const read = start();
  expect(read({ answered: 300 }, { answered: 100 }).state.verdict.verdict).toBe('inconclusive');
  const { state, sample, size } = read({ answered: 300 }, { answered: 100 });
  expect(state.verdict).toMatchObject({ verdict: 'pass', control: 'x', y: { requests: 200, errors: 0 } });
  expect(sample).toMatchObject({ weight: 25, x: { requests: 300, seconds: 10 }, y: { requests: 100 } });
  expect(size).toBeLessThan(4_000);
});

test('5 % errors fail at the second reading that shows it, not at the first', () => {
  const read = start();
  for (let i = 0; i < 10; i++) read({ answered: 1_500 }, { answered: 500 });
  const first = read({ answered: 1_500 }, { answered: 500, errors: 25 });
  expect(first.state.verdict).toMatchObject({ verdict: 'inconclusive', reasons: [{ metric: 'errorRatio' }] });
  expect(read({ answered: 1_500 }, { answered: 500, errors: 25 }).state.verdict.verdict).toBe('fail');
});

test('one bad reading alone is forgiven', () => {
  const read = start();
  for (let i = 0; i < 20; i++) read({ answered: 1_500 }, { answered: 500 });
  read({ answered: 1_500 }, { answered: 500, errors: 40 });
  read({ answered: 1_500 }, { answered: 600 });
  expect(read({ answered: 1_500 }, { answered: 600 }).state.verdict.verdict).toBe('pass');
});

test('a sudden total failure after hours of good figures is found within two readings, at low traffic too', () => {
  for (const perReading of [12, 500]) {
    const read = start();
    for (let i = 0; i < 1_000; i++) read({ answered: perReading }, { answered: perReading });
    read({ answered: perReading }, { answered: perReading, errors: perReading });
    const { state } = read({ answered: perReading }, { answered: perReading, errors: perReading });
    expect(state.verdict.verdict).toBe('fail');
  }
});

test('a slow decline at low traffic does not drown in a long good time', () => {
  const read = start();
  for (let i = 0; i < 1_000; i++) read({ answered: 90 }, { answered: 30 });
  let readings = 0;
  for (; readings < 60; readings++)
    if (read({ answered: 90 }, { answered: 30, errors: 3 }).state.verdict.verdict === 'fail') break;
  expect(readings).toBeLessThan(20);
});

test('slow answers and lost routes fail as well', () => {
  const slow = start();
  slow({ answered: 900 }, { answered: 300, slow: 30 });
  const second = slow({ answered: 900 }, { answered: 300, slow: 30 });
  expect(second.state.verdict).toMatchObject({ verdict: 'fail', reasons: [{ metric: 'latencyP99' }] });

  const lost = start();
  lost({ answered: 900 }, { answered: 0, other: 300 });
  const third = lost({ answered: 900 }, { answered: 0, other: 300 });
  expect(third.state.verdict).toMatchObject({ verdict: 'fail', reasons: [{ metric: 'unmatchedRatio' }, {}] });
});

test('health checks on a side with little traffic are not lost routes, nor is what Kong hands over late', () => {
  const read = start();
  for (let i = 0; i < 30; i++) read({ answered: 190, other: 30 }, { answered: 10, other: 30 });
  expect(read({ answered: 190 }, { answered: 10 }).state.verdict).toMatchObject({
    verdict: 'pass',
    y: { unmatched: 0 },
  });
  const late = start();
  late({ answered: 900 }, { answered: 270, other: 30 });
  expect(late({ answered: 900 }, { answered: 300 }).state.verdict.verdict).toBe('pass');
});

test('the database: both sides answer errors, which is sure at the second reading, and never a failure of Y', () => {
  for (const [errorsX, errorsY] of [
    [850, 290],
    [90, 30],
  ] as const) {
    const read = start();
    for (let i = 0; i < 10; i++) read({ answered: 900 }, { answered: 300 });
    const first = read({ answered: 900, errors: errorsX }, { answered: 300, errors: errorsY }).state.verdict;
    expect(first).toMatchObject({ verdict: 'inconclusive', reasons: [{ metric: 'errorRatio' }] });
    expect(first).not.toHaveProperty('both');
    for (let i = 0; i < 5; i++) {
      const { verdict } = read({ answered: 900, errors: errorsX }, { answered: 300, errors: errorsY }).state;
      expect(verdict).toMatchObject({ verdict: 'inconclusive', both: true });
    }
  }
});

test('at low traffic too, where a single reading shows too little', () => {
  const read = start();
  for (let i = 0; i < 100; i++) read({ answered: 9 }, { answered: 3 });
  let readings = 0;
  for (; readings < 30; readings++) {
    const { verdict } = read({ answered: 9, errors: 9 }, { answered: 3, errors: 3 }).state;
    expect(verdict.verdict).not.toBe('fail');
    if (verdict.both === true) break;
  }
  expect(readings).toBeLessThan(30);
});

test('a moment in which both sides fail is forgiven, and does not come back when it is over', () => {
  const read = start();
  for (let i = 0; i < 10; i++) read({ answered: 900 }, { answered: 300 });
  read({ answered: 900, errors: 850 }, { answered: 300, errors: 290 });
  for (let i = 0; i < 10; i++)
    expect(read({ answered: 900 }, { answered: 300 }).state.verdict).not.toHaveProperty('both');
});

test('after both have failed, Y that goes on alone fails', () => {
  const read = start();
  for (let i = 0; i < 10; i++) read({ answered: 900 }, { answered: 300 });
  for (let i = 0; i < 3; i++) read({ answered: 900, errors: 850 }, { answered: 300, errors: 290 });
  let readings = 0;
  for (; readings < 10; readings++)
    if (read({ answered: 900 }, { answered: 300, errors: 290 }).state.verdict.verdict === 'fail') break;
  expect(readings).toBeLessThan(3);
});

test('neither side can be read: no verdict on anybody, and counting goes on afterwards', () => {
  const read = start();
  for (let i = 0; i < 3; i++) read({ answered: 900 }, { answered: 300 });
  const gone: SideReading = { readable: false, why: 'Kong node x1 does not answer.' };
  for (let i = 0; i < 100; i++) {
    const { verdict } = read(gone, down).state;
    expect(verdict).toMatchObject({ verdict: 'inconclusive', reasons: [{ metric: 'metrics' }, { metric: 'metrics' }] });
    expect(verdict).not.toHaveProperty('both');
  }
  expect(read({ answered: 900 }, { answered: 300 }).state.verdict.verdict).toBe('pass');
});

test('a reading that fails neither side nor clears it, for it could not be read, keeps the count of failures', () => {
  const read = start();
  for (let i = 0; i < 10; i++) read({ answered: 900 }, { answered: 300 });
  read({ answered: 900, errors: 850 }, { answered: 300, errors: 290 });
  expect(read(down, down).state.verdict).not.toHaveProperty('both');
  expect(read({ answered: 900, errors: 850 }, { answered: 300, errors: 290 }).state.verdict).toMatchObject({
    both: true,
  });
});

test('a side that can not be read is not zero: inconclusive at once, with the reason, and counted on afterwards', () => {
  const read = start();
  read({ answered: 900 }, { answered: 300 });
  const { state, sample } = read({ answered: 900 }, down);
  expect(state.verdict).toMatchObject({ verdict: 'inconclusive', reasons: [{ metric: 'metrics' }] });
  expect(sample.y).toBeUndefined();
  read({ answered: 900 }, down);
  const back = read({ answered: 900 }, { answered: 600 });
  expect(back.state.verdict).toMatchObject({ verdict: 'pass', y: { requests: 900, seconds: 40 } });
});

test('an X node dies while all nodes are polled: Y is not accused of the polls, and the dead node is named', () => {
  const dead: SideReading = { readable: false, why: 'Kong node x2 does not answer.' };
  const named = { metric: 'metrics', text: "X's metrics can't be read: Kong node x2 does not answer." };
  for (const polledBefore of [100, 0]) {
    const read = start();
    for (let i = 0; i < 10; i++) read({ answered: 1_500, other: polledBefore }, { answered: 500, other: polledBefore });
    for (let i = 0; i < 60; i++) {
      const { verdict } = read(dead, { answered: 500, other: 100 }).state;
      expect(verdict.verdict).toBe('inconclusive');
      expect(verdict.reasons).toContainEqual(named);
    }
  }
});

test('an X that can not be read does not hide that Y fails', () => {
  const read = start();
  read({ answered: 900 }, { answered: 300 });
  read(down, { answered: 300, errors: 300 });
  const { verdict } = read(down, { answered: 300, errors: 300 }).state;
  expect(verdict.verdict).toBe('fail');
  expect(verdict.reasons.map(({ metric }) => metric)).toEqual(['errorRatio', 'errorRatio', 'metrics']);
});

test('at 100 % a stopped X is no fault; its last window is the control', () => {
  const control = figures(5_000, { errors: 5 });
  const read = start({ limits, weight: 100, control });
  for (let i = 0; i < 10; i++) read(down, { answered: 500, errors: 7 });
  expect(read(down, { answered: 500, errors: 7 }).state.verdict).toMatchObject({ verdict: 'fail', control: 'x-last' });
  const alone = start({ limits, weight: 100 });
  expect(alone(down, { answered: 500, errors: 7 }).state.verdict).toMatchObject({ verdict: 'pass', control: 'none' });
});

test('a node that was restarted begins at zero, and nothing is counted twice or backwards', () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
  const y = (answered: number, nodeId: string) => one('y1', { answered, nodeId });
  let state = startWatch(at(0));
  for (const [index, side] of [y(1_000, 'a'), y(1_200, 'a'), y(50, 'b'), y(90, 'b')].entries())
    state = observe(state, { at: at(index * 10), x: one('x1'), y: side }, rules).state;
  expect(state.verdict.y?.requests).toBe(200 + 50 + 40);
});

test('a day of samples stays small, and no request gets lost in it', () => {
  const sample = { at: '2026-01-01T00:00:00.000Z', weight: 5, x: figures(10), y: figures(7, { errors: 1 }) };
  let list: ReturnType<typeof addSamples> = [];
  for (let i = 0; i < 8_640; i++) list = addSamples(list, [sample]);
  expect(list.length).toBeLessThanOrEqual(1_000);
  expect(list.at(-1)).toEqual(sample);
  expect(list.reduce((sum, { y }) => sum + (y?.requests ?? 0), 0)).toBe(8_640 * 7);
  expect(list.reduce((sum, { y }) => sum + (y?.errors ?? 0), 0)).toBe(8_640);
});
