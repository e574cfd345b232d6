import type { Finding, Limits, Sides } from './judge.ts';
import { milliseconds } from './text.ts';

/** The 99th percentile of few requests is one or two of them: it fails only if its whole range is above the limit. */
export function judgeLatency({ y, control: x, sameTime }: Sides, limits: Limits['latencyP99']): Finding[] {
  const { max, factor, plus } = limits;
  const { p99Ms } = y;
  if (p99Ms === undefined) {
    const text = 'Y counts answers, but not how long they took: is latency_metrics of the prometheus plugin on?';
    return [{ severity: 'doubt', reason: { metric: 'metrics', text } }];
  }
  const least = y.p99Between?.[0] ?? p99Ms;
  const found: Finding[] = [];
  const measured = `99 % of Y's requests took up to ${milliseconds(p99Ms)}`;
  if (p99Ms > max) {
    const ofBoth = (sameTime?.p99Between?.[0] ?? 0) > max;
    const text = `${measured}; ${milliseconds(max)} is the limit${ofBoth ? ', and X is above it too' : ''}.`;
    found.push({ severity: least > max && !ofBoth ? 'fail' : 'doubt', reason: { metric: 'latencyP99', text } });
  }
  if (x?.p99Ms === undefined) return found;
  const limitFor = (ofX: number) => Math.max(ofX * factor, ofX + plus);
  if (p99Ms > limitFor(x.p99Ms)) {
    const beyondChance = least > limitFor(x.p99Between?.[1] ?? x.p99Ms);
    const text = `${measured}, of X's up to ${milliseconds(x.p99Ms)}; up to ${milliseconds(limitFor(x.p99Ms))} is allowed.`;
    found.push({ severity: beyondChance ? 'fail' : 'doubt', reason: { metric: 'latencyP99', text } });
  }
  return found;
}
