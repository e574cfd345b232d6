import { z } from 'zod';
import { backup } from './backup.ts';
import { database, side } from './cluster.ts';
import { absolutePath, duration, words } from './common.ts';
import { cluster, freeze, gate, migrations, onFailure, path, rehearsed, sessions, stage } from './safety.ts';
import { traffic, verdict } from './traffic.ts';

const gateOrNone = z.union([z.literal(false), gate], 'expected false, or { "approvers", "quorum", "expires" }');

/** The plan: the workflow's only argument. Durations are milliseconds once it is filled in. */
export const planSchema = z.strictObject({
  cluster,
  /** Who starts the upgrade; never counts as an approver. Who starts a restore is named there. */
  startedBy: words.optional(),
  x: side,
  y: side,
  database,
  path,
  rehearsed,
  freeze,
  backup,
  migrations,
  sessions,
  stage,
  traffic,
  verdict,
  gates: z
    .strictObject({
      start: gateOrNone.prefault({}),
      /** For every step with `approve: true`. */
      shift: gate.prefault({}),
      /** Can't be removed. */
      finish: gate.prefault({}),
      decommission: gateOrNone.default(false),
      /** Before a restored database takes the place of the real one. Can't be removed. */
      restore: gate.prefault({}),
    })
    .prefault({}),
  onFailure,
  /** How long the metrics are watched after writes resumed. */
  watch: duration.prefault('30m'),
  /** X is kept, stopped, for this long before it is removed. */
  keep: duration.prefault('24h'),
  /** Directory of the local copy of the report on the worker's host. */
  reportDirectory: absolutePath.optional(),
});

export type Plan = z.output<typeof planSchema>;
export type PlanInput = z.input<typeof planSchema>;
