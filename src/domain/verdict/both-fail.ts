import type { VerdictPlan } from '../plan/index.ts';
import { leastDifference, wilson, Z_99_ONE_SIDED } from './statistics.ts';
import { amount, percent } from './text.ts';
import type { Reason, SideFigures } from './types.ts';

/** What is counted of the requests. */
export type Part = 'errors' | 'unmatched';

/** More than this share of errors, beyond chance, is judged however few requests there were. */
const MOSTLY = 0.5;

export const exceeds = (part: Part, side: SideFigures, limit: number): boolean =>
  wilson(side[part], side.requests, Z_99_ONE_SIDED).low > limit;

export const mostlyErrors = (side: SideFigures): boolean => exceeds('errors', side, MOSTLY);

/** Y has more of it than X, by more than `by`, and not by chance. */
export function worseBeyondChance(part: Part, y: SideFigures, x: SideFigures, by: number): boolean {
  const count = (side: SideFigures) => ({ hits: side[part], trials: side.requests });
  return leastDifference(count(y), count(x), Z_99_ONE_SIDED) > by;
}

type Limits = Pick<VerdictPlan, 'minRequests' | 'errorRatio'>;

/**
 * Why it is not Y: in the same time X answers more 5xx than is allowed as well, each side by the rule by which Y alone would fail, and
 * Y is not clearly the worse one. Whatever else the figures say is then worth nothing.
 */
export function bothFail(x: SideFigures, y: SideFigures, limits: Limits): Reason | undefined {
  const { minRequests, errorRatio } = limits;
  const fails = (side: SideFigures) =>
    side.requests < minRequests ? mostlyErrors(side) : exceeds('errors', side, errorRatio.max);
  if (!fails(x) || !fails(y)) return undefined;
  const mostly = mostlyErrors(x) && mostlyErrors(y);
  if (!mostly && worseBeyondChance('errors', y, x, errorRatio.worse)) return undefined;
  const of = (side: SideFigures) => amount(side.errors, side.requests);
  const text = `Both sides answer too much with 5xx (X ${of(x)}, Y ${of(y)}; at most ${percent(errorRatio.max)} may be): that is what they share, such as the database, and not Y.`;
  return { metric: 'errorRatio', text };
}
