// Statuses as a workflow gives them: an upgrade 3.6.1 → 3.7.1 at several moments. Times run from 10:00:00 UTC.
import { PHASES, type PhaseName } from '../../src/domain/names.ts';
import type {
  GateStatus,
  PhaseStatus,
  StepStatus,
  TimelineEntry,
  UpgradeStatus,
  VerdictStatus,
} from '../../src/domain/status/index.ts';
import type { SideFigures } from '../../src/domain/verdict/index.ts';

const START = Date.parse('2026-11-24T10:00:00.000Z');

/** So many seconds after the start. */
export const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();
export const msAt = (seconds: number): number => START + seconds * 1000;

/** Begin and end of each phase, in seconds. */
const RUN: Record<PhaseName, readonly [number, number, string]> = {
  preflight: [1, 13, '12 rules: 11 pass, 1 warning'],
  freeze: [95, 127, '41 tables guarded'],
  backup: [127, 152, '3 objects, 1.8 MB, restored once'],
  deploy: [152, 155, 'y1, y2 prepared'],
  migrate: [155, 163, '2 migrations, 1 pending'],
  stage: [163, 171, '6 tests on 2 nodes, 4 answers equal'],
  shift: [171, 1271, '100 % on Y'],
  finish: [1271, 1583, '1 migration; X down for good after 21 s'],
  thaw: [1583, 1585, 'a write works on Y'],
  watch: [1585, 2485, 'pass'],
  decommission: [2485, 2488, 'x1, x2 removed'],
};

export const upgrade = {
  cluster: 'payments',
  workflowId: 'kong/payments',
  runId: '019ab3f2-7c1d-7d55-9e60-2f4b8a1c0d3e',
  startedAt: at(0),
};

export function phases(until: PhaseName | 'end', result: PhaseStatus['result'] = 'running'): PhaseStatus[] {
  const last = until === 'end' ? PHASES.length : PHASES.indexOf(until);
  return PHASES.map((name, index): PhaseStatus => {
    const [from, to, note] = RUN[name];
    if (index < last) return { name, result: 'done', startedAt: at(from), endedAt: at(to), attempts: 1, note };
    if (index > last) return { name, result: 'pending', attempts: 0 };
    const ended = result === 'running' ? {} : { endedAt: at(from + 310) };
    return { name, result, startedAt: at(from), attempts: 1, ...ended };
  });
}

export function steps(passed: number, next: StepStatus['state'] = 'running'): StepStatus[] {
  return [5, 25, 50, 100].map((y, index): StepStatus => {
    const bake = y === 100 ? 600_000 : 150_000;
    const base = { y, bake, approve: y === 50 };
    if (index < passed) return { ...base, state: 'passed', bakeStartedAt: at(180 + index * 160) };
    return index === passed
      ? { ...base, state: next, bakeStartedAt: at(180 + index * 160) }
      : { ...base, state: 'pending' };
  });
}

export const figures = (requests: number, errorRatio: number, p99Ms: number): SideFigures => ({
  requests,
  errors: Math.round(requests * errorRatio),
  errorRatio,
  unmatched: 0,
  unmatchedRatio: 0,
  p50Ms: Math.round(p99Ms / 3),
  p99Ms,
  seconds: 150,
});

export function passed(name: string, weight: number, from: number, to: number): VerdictStatus {
  const all = (to - from) * 240;
  const y = figures(Math.round((all * weight) / 100), 0, 24);
  const x = figures(Math.round((all * (100 - weight)) / 100), 0, 23);
  const verdict =
    weight === 100
      ? ({ verdict: 'pass', control: 'x-last', reasons: [], y, x: figures(18_000, 0, 23) } as const)
      : ({ verdict: 'pass', control: 'x', reasons: [], y, x } as const);
  return {
    name,
    weight,
    from: at(from),
    to: at(to),
    samples: Math.floor((to - from) / 10),
    samplesKey: `crossfade/payments/${name}.jsonl`,
    verdict,
  };
}

export const breach: VerdictStatus = {
  name: 'shift-25',
  weight: 25,
  from: at(340),
  to: at(372),
  samples: 3,
  samplesKey: 'crossfade/payments/shift-25.jsonl',
  verdict: {
    verdict: 'fail',
    control: 'x',
    reasons: [
      { metric: 'errorRatio', text: 'Y answers 5.1 % of 1,890 requests with 5xx; at most 2 % is allowed, X has 0 %' },
    ],
    y: figures(1_890, 0.051, 31),
    x: figures(5_690, 0, 23),
  },
};

const gate = (name: GateStatus['gate'], more: Partial<GateStatus>): GateStatus => ({
  gate: name,
  state: 'open',
  openedAt: at(13),
  expiresAt: at(86_400),
  approvers: ['ann', 'bob'],
  quorum: 1,
  approvals: [],
  ...more,
});

export const startGate = gate('start', {
  state: 'approved',
  closedAt: at(95),
  approvals: [{ by: 'ann', at: at(95), comment: 'window is open' }],
});

export const finishGate = gate('finish', { openedAt: at(1_290), quorum: 2, approvals: [{ by: 'ann', at: at(1_400) }] });

const frozen = {
  frozen: true,
  since: at(127),
  limitAt: at(127 + 8 * 3600),
  guardedTables: 41,
  unknownTables: [],
  unguardedTables: [],
  nodeWriters: [],
  migratorRole: 'crossfade_migrator',
  migrated: [],
  drift: [],
} as const;

const before = { state: 'new', executed: ['core/000_base'], pending: [], new: ['core/023_360_to_370'] } as const;
const afterUp = { state: 'pending', executed: ['core/000_base'], pending: ['core/023_360_to_370'], new: [] } as const;
const after = { state: 'clean', executed: ['core/000_base', 'core/023_360_to_370'], pending: [], new: [] } as const;

const base: UpgradeStatus = {
  upgrade,
  workflow: 'blueGreenUpgrade',
  from: '3.6.1',
  to: '3.7.1',
  state: 'running',
  now: 'Reads every rule.',
  faults: [],
  phases: phases('preflight'),
  gates: [],
  traffic: { weight: 0, steps: steps(0, 'pending'), weights: [], verdicts: [] },
  findings: [],
  backups: [],
  migrations: { ran: [] },
  undo: [],
  accepted: [],
  messages: { accepted: 0, refused: 0, bad: 0, last: [] },
};

const findings: UpgradeStatus['findings'] = [
  { rule: 'path', level: 'pass', message: '3.6.1 → 3.7.1 is a minor step, accepted by the plan' },
  { rule: 'topology', level: 'pass', message: 'traditional mode on all 4 nodes' },
  {
    rule: 'connections',
    level: 'warn',
    message: 'X and Y together may use 92 of 100 database connections',
    hint: 'Raise max_connections, or lower KONG_PG_POOL_SIZE of Y.',
  },
];

const backups: UpgradeStatus['backups'] = [
  {
    label: 'before',
    bucket: 'kong-backups',
    manifestKey: 'crossfade/payments/2026-11-24T10-00-00/before/manifest.json',
    objects: 3,
    bytes: 1_812_400,
    takenAt: at(140),
    encrypted: true,
    verified: true,
    restored: true,
  },
];

/** As where nobody may create a scratch database, and nothing is encrypted. */
export const unproven: UpgradeStatus['backups'][number] = {
  label: 'before-finish',
  bucket: 'kong-backups',
  manifestKey: 'crossfade/payments/2026-11-24T10-00-00/before-finish/manifest.json',
  objects: 1,
  bytes: 1_500_000,
  takenAt: at(1_290),
  encrypted: false,
  verified: true,
  restored: false,
  notRestored: 'The role <kong> may not create a scratch database.',
};

const shifted = [
  { at: at(172), weight: 5, why: 'step 5 %' },
  { at: at(335), weight: 25, why: 'step 25 %' },
];

/** At 50 %, two approvals needed for `finish` later; here the gate of the step is open. */
export const shifting: UpgradeStatus = {
  ...base,
  now: 'Watches Y at 25 % until 10:08:05 UTC.',
  phase: 'shift',
  phases: phases('shift'),
  gates: [startGate],
  findings,
  backups,
  freeze: frozen,
  migrations: { before, afterUp, ran: ['core/023_360_to_370'] },
  traffic: {
    weight: 25,
    steps: steps(1),
    weights: shifted,
    verdicts: [passed('shift-5', 5, 180, 330)],
    share: { share: 25.3, low: 23.9, high: 26.8, requests: 3_420, agrees: true },
  },
  undo: [
    { name: 'thaw', state: 'registered', registeredAt: at(95), attempts: 0 },
    { name: 'stopY', state: 'registered', registeredAt: at(152), attempts: 0 },
    { name: 'returnTraffic', state: 'registered', registeredAt: at(171), attempts: 0 },
  ],
};

const full = [
  ...shifted,
  { at: at(500), weight: 50, why: 'step 50 %' },
  { at: at(665), weight: 100, why: 'step 100 %' },
];
const fullVerdicts = [
  passed('shift-5', 5, 180, 330),
  passed('shift-25', 25, 340, 490),
  passed('shift-50', 50, 505, 655),
  passed('shift-100', 100, 670, 1_270),
];

/** Everything on Y; one of two approvals for `finish` is there. */
export const waiting: UpgradeStatus = {
  ...shifting,
  state: 'waiting',
  now: 'Waits for one more approval of gate finish.',
  phase: 'finish',
  phases: phases('finish'),
  gates: [startGate, finishGate],
  traffic: { weight: 100, steps: steps(4), weights: full, verdicts: fullVerdicts },
};

/** Y answered errors at 25 %. */
export const held: UpgradeStatus = {
  ...shifting,
  state: 'held',
  now: 'Held: all traffic is on X, Y runs without traffic, the freeze stays.',
  phases: phases('shift', 'failed'),
  traffic: {
    weight: 0,
    steps: steps(1, 'failed'),
    weights: [...shifted, { at: at(373), weight: 0, why: 'retreat' }],
    verdicts: [passed('shift-5', 5, 180, 330), breach],
  },
  failure: {
    at: at(372),
    phase: 'shift',
    kind: 'breach',
    message: 'Y answers 5.1 % of 1,890 requests with 5xx; at most 2 % is allowed, X has 0 %',
    todo: 'Look at Y: it still runs, without traffic. Then `retry`, or `abandon`.',
  },
  hold: { since: at(375), expiresAt: at(375 + 86_400), canRetryFrom: ['stage', 'shift'] },
  undo: [
    { name: 'thaw', state: 'registered', registeredAt: at(95), attempts: 0 },
    { name: 'stopY', state: 'registered', registeredAt: at(152), attempts: 0 },
    { name: 'returnTraffic', state: 'done', registeredAt: at(171), startedAt: at(372), endedAt: at(373), attempts: 1 },
  ],
};

/** ... and a person gave up. */
export const rolledBack: UpgradeStatus = {
  ...held,
  state: 'ended',
  outcome: 'rolled-back',
  endedAt: at(640),
  now: 'Ended: rolled back.',
  freeze: { ...frozen, frozen: false, liftedAt: at(638) },
  undo: [
    { name: 'thaw', state: 'done', registeredAt: at(95), startedAt: at(636), endedAt: at(638), attempts: 1 },
    { name: 'stopY', state: 'done', registeredAt: at(152), startedAt: at(620), endedAt: at(636), attempts: 1 },
    { name: 'returnTraffic', state: 'done', registeredAt: at(171), startedAt: at(372), endedAt: at(373), attempts: 1 },
  ],
  report: { htmlFile: '/var/lib/crossfade/report.html', jsonFile: '/var/lib/crossfade/report.json' },
};
delete (rolledBack as { hold?: unknown }).hold;

/** Unwinding, and Y can't be stopped. */
export const stuck: UpgradeStatus = {
  ...rolledBack,
  state: 'unwinding',
  now: 'Tries to stop Y again in 10 s.',
  freeze: frozen,
  undo: [
    { name: 'returnTraffic', state: 'done', registeredAt: at(171), startedAt: at(372), endedAt: at(373), attempts: 1 },
    {
      name: 'stopY',
      state: 'stuck',
      registeredAt: at(152),
      startedAt: at(620),
      attempts: 4,
      error: 'y2 still answers on http://gw-1:9201',
    },
    { name: 'thaw', state: 'registered', registeredAt: at(95), attempts: 0 },
  ],
};
for (const key of ['outcome', 'endedAt', 'report'] as const) delete stuck[key];

export const completed: UpgradeStatus = {
  ...waiting,
  state: 'ended',
  outcome: 'completed',
  endedAt: at(2_490),
  now: 'Ended: completed.',
  phases: phases('end'),
  gates: [
    startGate,
    {
      ...finishGate,
      state: 'approved',
      closedAt: at(1_550),
      approvals: [
        { by: 'ann', at: at(1_400) },
        { by: 'bob', at: at(1_550), comment: 'graphs look good, go' },
      ],
    },
  ],
  traffic: {
    weight: 100,
    steps: steps(4),
    weights: full,
    verdicts: [...fullVerdicts, passed('gate-finish', 100, 1_290, 1_550), passed('watch', 100, 1_590, 2_480)],
  },
  freeze: { ...frozen, frozen: false, liftedAt: at(1_585) },
  migrations: { before, afterUp, after, ran: ['core/023_360_to_370'] },
  seal: { at: at(1_574), approvedBy: ['ann', 'bob'] },
  undo: [],
};

export const refused: UpgradeStatus = {
  ...base,
  state: 'ended',
  outcome: 'refused',
  endedAt: at(1),
  now: 'Ended: refused.',
  phases: phases('preflight').map((phase) => ({ name: phase.name, result: 'pending', attempts: 0 })),
  faults: [{ path: 'traffic.steps[0].y', message: 'Too small: expected number to be >=1' }],
};
delete refused.from;
delete refused.to;

const entry = (seconds: number, kind: TimelineEntry['kind'], text: string): TimelineEntry => ({
  at: at(seconds),
  kind,
  text,
});

export const completedTimeline: TimelineEntry[] = [
  entry(1, 'phase', 'preflight begins'),
  entry(13, 'gate', 'gate start is open'),
  entry(95, 'gate', 'ann approved gate start: window is open'),
  entry(127, 'note', 'configuration frozen'),
  entry(172, 'traffic', '5 % on Y'),
  entry(330, 'verdict', 'shift-5: pass'),
  entry(335, 'traffic', '25 % on Y'),
  entry(500, 'traffic', '50 % on Y'),
  entry(665, 'traffic', '100 % on Y'),
  entry(1_550, 'gate', 'bob approved gate finish'),
  entry(1_574, 'note', 'sealed: no way back from here'),
  entry(1_585, 'note', 'writes work again'),
];

export const rolledBackTimeline: TimelineEntry[] = [
  ...completedTimeline.slice(0, 7),
  entry(372, 'failure', 'breach: Y answers 5.1 % of 1,890 requests with 5xx'),
  entry(373, 'traffic', '0 % on Y'),
  entry(615, 'message', 'cleo: abandon (next week)'),
  entry(636, 'undo', 'stopY done'),
  entry(638, 'undo', 'thaw done'),
];
