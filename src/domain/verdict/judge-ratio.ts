import { exceeds, worseBeyondChance, type Part } from './both-fail.ts';
import type { Finding, Sides } from './judge.ts';
import { amount, percent } from './text.ts';
import type { SideFigures } from './types.ts';

/** Judges a share of Y's requests: by the limit, and against X. */
export function judgeRatio(
  metric: 'errorRatio' | 'unmatchedRatio',
  part: Part,
  what: string,
  { y, control, sameTime }: Omit<Sides, 'stray'>,
  limit: { max: number; worse: number },
): Finding[] {
  const share = y[part] / y.requests;
  const found: Finding[] = [];
  if (share > limit.max) {
    // Going back to X would not mend what X has as well.
    const ofBoth = hasItToo(part, y, sameTime, limit);
    const text = `Y: ${amount(y[part], y.requests)} ${what}; at most ${percent(limit.max)} may be${alsoOfX(part, ofBoth ? sameTime : undefined)}.`;
    const fails = exceeds(part, y, limit.max) && !ofBoth;
    found.push({ severity: fails ? 'fail' : 'doubt', reason: { metric, text } });
  }
  if (control !== undefined && share - control[part] / control.requests > limit.worse) {
    const ofX = amount(control[part], control.requests);
    const text = `Y: ${amount(y[part], y.requests)} ${what}, X: ${ofX}; Y may be ${percent(limit.worse)} worse at most.`;
    found.push({
      severity: worseBeyondChance(part, y, control, limit.worse) ? 'fail' : 'doubt',
      reason: { metric, text },
    });
  }
  return found;
}

/** X is above the limit as well, if perhaps by chance, and nothing shows that it is the better side. */
export const hasItToo = (
  part: Part,
  y: SideFigures,
  x: SideFigures | undefined,
  { max, worse }: { max: number; worse: number },
): x is SideFigures =>
  x !== undefined && x.requests > 0 && x[part] / x.requests > max && !worseBeyondChance(part, y, x, worse);

/** For a sentence on Y. */
export const alsoOfX = (part: Part, x: SideFigures | undefined): string =>
  x === undefined ? '' : `; so has X: ${amount(x[part], x.requests)}`;
