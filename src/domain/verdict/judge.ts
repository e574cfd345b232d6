import type { VerdictPlan } from '../plan/index.ts';
import { judgeLatency } from './judge-latency.ts';
import { alsoOfX, hasItToo, judgeRatio } from './judge-ratio.ts';
import { bothFail, mostlyErrors } from './both-fail.ts';
import { amount } from './text.ts';
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
  const sameTime = wanted === 'x' ? x : undefined;
  if (sameTime !== undefined) {
    const shared = bothFail(sameTime, y, limits);
    if (shared !== undefined) return { ...answer('inconclusive', [shared]), both: true };
    if (countsNoAnswers(sameTime, limits)) return answer('inconclusive', [NO_ANSWERS]);
  }
  const sides: Sides = {
    y,
    control: control === 'none' ? undefined : x,
    sameTime,
    stray: control === 'x-last' || (control === 'x' && coversTimeOf(y, x)) ? x : undefined,
  };
  const findings = judgeFigures(sides, limits);
  const failures = findings.filter(({ severity }) => severity === 'fail');
  if (failures.length > 0) return answer('fail', failures.map(toReason));
  return answer(findings.length > 0 ? 'inconclusive' : 'pass', findings.map(toReason));
}

const toReason = ({ reason }: Finding): Reason => reason;

/** Without answers by status X's figures are worthless, whoever they accuse. */
const countsNoAnswers = ({ requests, unmatched }: SideFigures, { minRequests }: Limits): boolean =>
  requests >= minRequests && unmatched === requests;
const NO_ANSWERS: Reason = {
  metric: 'metrics',
  text: 'X counts requests, but no answers by status: is the prometheus plugin on, with status_code_metrics?',
};

function judgeFigures(sides: Sides, limits: Limits): Finding[] {
  const { y, sameTime } = sides;
  if (y.requests < limits.minRequests) {
    if (mostlyErrors(y)) {
      const alone = !hasItToo('errors', y, sameTime, limits.errorRatio);
      const text = `Y answered ${amount(y.errors, y.requests)} with 5xx${alsoOfX('errors', alone ? undefined : sameTime)}.`;
      return [{ severity: alone ? 'fail' : 'doubt', reason: { metric: 'errorRatio', text } }];
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

/** X was read as long as Y, but for what rounding to tenths of a second takes away. */
const coversTimeOf = (y: SideFigures, x: SideFigures | undefined): boolean =>
  x !== undefined && x.seconds > y.seconds - 0.2;
