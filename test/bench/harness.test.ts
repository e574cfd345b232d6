import { describe, expect, it } from 'vitest';
import { figure } from '../../bench/harness/figure.ts';
import { median, medianInterval, quantile, spread } from '../../bench/harness/statistics.ts';
import { table } from '../../bench/harness/table.ts';

describe('what the benches count with', () => {
  it('takes the middle value, or the mean of the two in the middle, in whatever order they come', () => {
    expect(median([3])).toBe(3);
    expect(median([10, 2, 9])).toBe(9);
    expect(median([1, 100, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow('no values');
  });

  it('a quantile is a value that was measured', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect([quantile(values, 0), quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([
      1, 101, 199, 200,
    ]);
    expect(() => quantile([], 0.5)).toThrow('no values');
  });

  it('where a median lies: the whole range of a few values, the inner ones of many', () => {
    const upTo = (n: number) => Array.from({ length: n }, (_, index) => n - index);
    expect(medianInterval(upTo(5))).toEqual([1, 5]);
    expect(medianInterval(upTo(6))).toEqual([1, 6]);
    // The order statistics of the tables: 15 values leave out 3 at each end, 20 leave out 5.
    expect(medianInterval(upTo(15))).toEqual([4, 12]);
    expect(medianInterval(upTo(20))).toEqual([6, 15]);
  });

  it('does not change the order of the runs', () => {
    const values = [3, 1, 2];
    expect(spread(values)).toEqual({ runs: 3, min: 1, median: 2, max: 3 });
    expect(values).toEqual([3, 1, 2]);
  });

  it('an aim is met at the limit itself, and not above it, however it is rounded', () => {
    const of = (value: number) => figure({ name: 'added', unit: 'ms', values: [value], atMost: 60 });
    expect(of(60)).toMatchObject({ value: 60, aim: '<= 60', met: true });
    expect(of(60.04)).toMatchObject({ value: 60, aim: '<= 60', met: false });
    expect(of(-5)).toMatchObject({ met: true });
  });

  it('a figure without an aim is neither met nor missed', () => {
    expect(figure({ name: 'ratio', unit: 'times', values: [1.2345, 1.5] })).toEqual({
      ...{ name: 'ratio', value: 1.37, unit: 'times', aim: null, met: null },
      ...{ runs: 2, min: 1.23, max: 1.5 },
    });
  });

  it('can judge the worst run', () => {
    const worst = figure({ name: 'longest', unit: 's', values: [0.5, 13.25, 1], take: 'max', atMost: 12 });
    expect(worst).toMatchObject({ value: 13.3, met: false, min: 0.5, max: 13.3, runs: 3 });
  });

  it('the table says which aims were missed', () => {
    const missed = figure({ name: 'events', unit: 'events', values: [601], atMost: 600 });
    const other = figure({ name: 'script', unit: 's', values: [8, 9] });
    expect(table([missed], [other]).split('\n')).toEqual([
      'figure           value  unit    min .. max  runs  aim',
      'events           601    events              1     <= 600  NOT MET',
      'against: script  8.5    s       8 .. 9      2',
    ]);
  });
});
