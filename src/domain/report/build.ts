import { formatDuration } from '../duration.ts';
import { describeEntity } from '../configuration.ts';
import { freezeDecisions } from '../node-writers.ts';
import type { Plan } from '../plan/index.ts';
import { elapsed } from '../status/render-text.ts';
import { outcomeMeaning, STATE_WORDS } from '../status/render-words.ts';
import { inOrder } from '../status/render-words.ts';
import type { TimelineEntry, UpgradeStatus, VerdictStatus } from '../status/index.ts';
import { databaseLeft } from './database-left.ts';
import type { Report, ReportFreeze, ReportUndo, ReportVerdict } from './types.ts';

/**
 * The report of an upgrade, or what is known of it so far. Pure.
 *
 * @param plan adds what the plan accepted or waived; without it the report does without
 */
export function buildReport(status: UpgradeStatus, timeline: readonly TimelineEntry[], plan?: Plan): Report {
  const { upgrade } = status;
  const until = status.endedAt ?? timeline.at(-1)?.at ?? upgrade.startedAt;
  return dropUndefined({
    outcome: status.outcome,
    state: status.state,
    summary: summarize(status),
    cluster: upgrade.cluster,
    workflow: status.workflow,
    upgrade,
    from: status.from,
    to: status.to,
    startedAt: upgrade.startedAt,
    endedAt: status.endedAt,
    phases: status.phases,
    weights: status.traffic.weights,
    steps: status.traffic.steps,
    verdicts: status.traffic.verdicts.map(flattenVerdict),
    gates: status.gates.map(({ approvals: _, ...gate }) => gate),
    approvals: status.gates.flatMap((gate) => gate.approvals.map((one) => ({ gate: gate.gate, ...one }))),
    migrations: status.migrations,
    databaseLeft: databaseLeft(status),
    backups: status.backups,
    restore: status.restore,
    undone: inOrder(status.undo).flatMap(toReportUndo),
    planned: plan && plannedIn(plan),
    findings: status.findings,
    faults: status.faults,
    accepted: status.accepted,
    freeze: status.freeze && summarizeFreeze(status.freeze, until),
    failure: status.failure,
    abort: status.abort,
    seal: status.seal,
    messages: { accepted: status.messages.accepted, refused: status.messages.refused, bad: status.messages.bad },
    timeline,
  });
}

/** What the plan accepted or waived; nothing where it did not. */
const plannedIn = ({ path, rehearsed, startedBy, migrations, freeze }: Plan): NonNullable<Report['planned']> =>
  dropUndefined({
    path,
    rehearsed,
    startedBy,
    risks: migrations.accept.length === 0 ? undefined : migrations.accept,
    idleWriters: freeze.idleWriters.length === 0 ? undefined : freeze.idleWriters,
  });

function summarize(status: UpgradeStatus): string {
  const { outcome, endedAt, upgrade, failure } = status;
  if (outcome === undefined) return `Not ended yet: ${STATE_WORDS[status.state]}.`;
  const took = endedAt === undefined ? '' : ` It took ${formatDuration(elapsed(upgrade.startedAt, endedAt))}.`;
  const why =
    failure === undefined || outcome === 'completed' ? '' : ` It went wrong in ${failure.phase} (${failure.kind}).`;
  return `${outcomeMeaning(status, outcome)}${why}${took}`;
}

function flattenVerdict(status: VerdictStatus): ReportVerdict {
  const { verdict, ...watch } = status;
  const { reasons, ...judged } = verdict;
  return { ...watch, ...judged, reasons: reasons.map((one) => one.text) };
}

/** What was registered and never needed is not part of the story. */
function toReportUndo({ state, registeredAt: _, ...undo }: UpgradeStatus['undo'][number]): ReportUndo[] {
  return state === 'registered' ? [] : [{ ...undo, result: state }];
}

function summarizeFreeze(freeze: NonNullable<UpgradeStatus['freeze']>, until: string): ReportFreeze {
  const { since, liftedAt, limitAt, guardedTables, unknownTables, drift } = freeze;
  return {
    since,
    ...(liftedAt === undefined ? {} : { liftedAt }),
    ms: elapsed(since, liftedAt ?? until),
    limitAt,
    guardedTables,
    unknownTables,
    decisions: freezeDecisions(freeze),
    drift: drift.map((one) => `${describeEntity(one)} ${one.change}`),
  };
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

const dropUndefined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;
