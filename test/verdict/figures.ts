import type { NodeCounters, SideFigures } from '../../src/domain/verdict/index.ts';
import { planSchema } from '../../src/domain/plan/schema.ts';

/** The limits of a plan that says nothing about them. */
export const limits = planSchema.shape.verdict.parse(undefined);

export const figures = (requests: number, more: Partial<SideFigures> = {}): SideFigures => {
  const { errors = 0, unmatched = 0 } = more;
  const ratio = (part: number) => (requests === 0 ? 0 : part / requests);
  const latency = requests === 0 ? {} : { p99Ms: 24, p99Between: [23, 25] as const, p50Ms: 12 };
  return {
    requests,
    errors,
    errorRatio: ratio(errors),
    unmatched,
    unmatchedRatio: ratio(unmatched),
    ...latency,
    seconds: 60,
    ...more,
  };
};

/** A node that has served so many requests, `slow` of them in 3 to 5 s, the others in up to 25 ms. */
export function counters(answered: number, { errors = 0, other = 0, slow = 0, nodeId = 'a' } = {}): NodeCounters {
  const upTo = { 25: answered - slow, 2000: answered - slow, 5000: answered };
  return { nodeId, finished: answered + other, answered, errors, latency: { count: answered, upTo } };
}
