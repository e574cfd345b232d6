import type { VerdictPlan } from '../plan/index.ts';
import { leastDifference, wilson, Z_99_ONE_SIDED } from './statistics.ts';
import { judgeLatency } from './judge-latency.ts';
import { amount, percent } from './text.ts';
import type { Control, Reason, SideFigures, Verdict } from './types.ts';

export type Limits = Pick<VerdictPlan, 'minRequests' | 'errorRatio' | 'unmatchedRatio' | 'latencyP99'>;

export interface Evidence {
  /** X in the same time, or its last window (`control: 'x-last'`). */
  readonly x?: SideFigures;
  readonly y?: SideFigures;
  readonly control: Control;
  readonly limits: Limits;
}

/** One rule's finding. `fail`: the limit is exceeded beyond chance; `doubt`: it is exceeded, but that may be chance. */
export interface Finding {
  readonly severity: 'fail' | 'doubt';
  readonly reason: Reason;
}

export interface Sides {
  readonly y: SideFigures;
  /** What Y is compared with, where that has enough requests. */
  readonly control: SideFigures | undefined;
  /** X, if it has traffic: what both have at once is not Y's. */
  readonly sameTime: SideFigures | undefined;
  /**
   * What Y's requests without a route are compared with. Somebody's calls of the Status or Admin API count as such: only an X
   * that was read in all of the same time, or X's last window, tells them from lost routes.
   */
  readonly stray: SideFigures | undefined;
}

/** More than this share of errors, beyond chance, is judged however few requests there were. */
const MOSTLY = 0.5;

/**
 * Judges Y by its figures in one stretch of time. Never a `pass` by lack of evidence: what is not measured, too few
 * requests, or a limit that is exceeded perhaps by chance, is `inconclusive`.
 */
export function judge({ x, y, control: wanted, limits }: Evidence): Verdict {
  const comparable = x !== undefined && x.requests >= limits.minRequests;
  const control = comparable ? wanted : 'none';
  const figures = { ...(x === undefined ? {} : { x }), ...(y === undefined ? {} : { y }) };
  const answer = (verdict: Verdict['verdict'], reasons: readonly Reason[]): Verdict => ({
    verdict,
    control,
    reasons,
    ...figures,
  });

  if (y === undefined) return answer('inconclusive', [{ metric: 'metrics', text: "Y's metrics were not read." }]);
  const blind = unjudgeable(wanted === 'x' ? x : undefined, y, limits);
  if (blind !== undefined) return answer('inconclusive', [blind]);
  const sides: Sides = {
    y,
    control: control === 'none' ? undefined : x,
    sameTime: wanted === 'x' ? x : undefined,
    stray: control === 'x-last' || (control === 'x' && coversTimeOf(y, x)) ? x : undefined,
  };
  const findings = judgeFigures(sides, limits);
  const failures = findings.filter(({ severity }) => severity === 'fail');
  if (failures.length > 0) return answer('fail', failures.map(toReason));
  return answer(findings.length > 0 ? 'inconclusive' : 'pass', findings.map(toReason));
}

const toReason = ({ reason }: Finding): Reason => reason;

/** What makes figures worthless, whoever they accuse. */
function unjudgeable(x: SideFigures | undefined, y: SideFigures, limits: Limits): Reason | undefined {
  if (x !== undefined && mostlyErrors(x) && mostlyErrors(y)) {
    const text = `Both sides answer mostly 5xx (X ${percent(x.errorRatio)}, Y ${percent(y.errorRatio)}): that is what they share, such as the database, and not Y.`;
    return { metric: 'errorRatio', text };
  }
  if (x !== undefined && x.requests >= limits.minRequests && x.unmatched === x.requests)
    return {
      metric: 'metrics',
      text: 'X counts requests, but no answers by status: is the prometheus plugin on, with status_code_metrics?',
    };
  return undefined;
}

function judgeFigures(sides: Sides, limits: Limits): Finding[] {
  const { y } = sides;
  if (y.requests < limits.minRequests) {
    if (mostlyErrors(y)) {
      const text = `Y answered ${amount(y.errors, y.requests)} with 5xx.`;
      return [{ severity: 'fail', reason: { metric: 'errorRatio', text } }];
    }
    const text = `Y got ${y.requests} requests; ${limits.minRequests} are needed to judge.`;
    return [{ severity: 'doubt', reason: { metric: 'requests', text } }];
  }
  return [
    ...judgeRatio('errorRatio', 'errors', 'answered with 5xx', sides, limits.errorRatio),
    ...judgeUnmatched(sides, limits.unmatchedRatio),
    ...judgeLatency(sides, limits.latencyP99),
  ];
}

function judgeUnmatched({ y, stray }: Sides, limit: Limits['unmatchedRatio']): Finding[] {
  const sides = { y, control: stray, sameTime: stray };
  const found = judgeRatio('unmatchedRatio', 'unmatched', 'without a matching route', sides, limit);
  if (stray !== undefined) return found;
  const but =
    'There is no X to compare with, so they may be calls of the Status or Admin API (health checks, scrapes), and not Y.';
  return found.map(({ reason }) => ({ severity: 'doubt', reason: { ...reason, text: `${reason.text} ${but}` } }));
}

function judgeRatio(
  metric: 'errorRatio' | 'unmatchedRatio',
  part: 'errors' | 'unmatched',
  what: string,
  { y, control, sameTime }: Omit<Sides, 'stray'>,
  limit: { max: number; worse: number },
): Finding[] {
  const share = y[part] / y.requests;
  const exceeds = (side: SideFigures) => wilson(side[part], side.requests, Z_99_ONE_SIDED).low > limit.max;
  const found: Finding[] = [];
  if (share > limit.max) {
    // Going back to X would not mend what X has as well.
    const ofBoth = sameTime !== undefined && exceeds(sameTime);
    const also = ofBoth ? `; so has X: ${amount(sameTime[part], sameTime.requests)}` : '';
    const text = `Y: ${amount(y[part], y.requests)} ${what}; at most ${percent(limit.max)} may be${also}.`;
    found.push({ severity: exceeds(y) && !ofBoth ? 'fail' : 'doubt', reason: { metric, text } });
  }
  if (control !== undefined && share - control[part] / control.requests > limit.worse) {
    const beyondChance = leastDifference(count(y, part), count(control, part), Z_99_ONE_SIDED) > limit.worse;
    const ofX = amount(control[part], control.requests);
    const text = `Y: ${amount(y[part], y.requests)} ${what}, X: ${ofX}; Y may be ${percent(limit.worse)} worse at most.`;
    found.push({ severity: beyondChance ? 'fail' : 'doubt', reason: { metric, text } });
  }
  return found;
}

const count = (side: SideFigures, part: 'errors' | 'unmatched') => ({ hits: side[part], trials: side.requests });

/** X was read as long as Y, but for what rounding to tenths of a second takes away. */
const coversTimeOf = (y: SideFigures, x: SideFigures | undefined): boolean =>
  x !== undefined && x.seconds > y.seconds - 0.2;

const mostlyErrors = ({ errors, requests }: SideFigures): boolean =>
  wilson(errors, requests, Z_99_ONE_SIDED).low > MOSTLY;
