import { workflowInfo } from '@temporalio/workflow';
import type { SessionFacts } from '../activities/contract.ts';
import type { BackupRef } from '../domain/backup.ts';
import type { StepName } from '../domain/names.ts';
import type { Plan } from '../domain/plan/index.ts';
import { balancersOf, type Balancer } from '../domain/traffic/balancers.ts';
import type { UpgradeRef } from '../domain/upgrade.ts';
import type { SideFigures, Verdict } from '../domain/verdict/index.ts';
import type { Control } from './control.ts';
import type { Journal } from './journal.ts';
import { tell } from './notify.ts';
import { createActs, type Acts } from './proxies.ts';
import { Undos } from './undos.ts';

/** Everything that the phases of one run share. */
export interface Upgrade {
  readonly plan: Plan;
  readonly ref: UpgradeRef;
  readonly journal: Journal;
  readonly control: Control;
  readonly acts: Acts;
  readonly undos: Undos;
  /** What the traffic comes in through. */
  readonly balancers: readonly Balancer[];
  /** What phases found out and later ones need. */
  readonly known: {
    backup?: BackupRef;
    /** X's last window with traffic: what judges Y once X has none. */
    lastOfX?: SideFigures;
    lastVerdict?: Verdict;
    /** `up` has run: earlier phases can't be run again without overwriting the backup. */
    migrated: boolean;
    /** Something is pending, so that `finish` is the point of no return. */
    finishHasWork?: boolean;
    /** How X's sessions in the database are known, found while X was running. */
    sessions?: SessionFacts;
    /** `finish` has run, and what it changed is in the baseline. */
    finished?: boolean;
    ranAtFinish?: number;
    /** Nodes of Y that run with what `finish` wrote, and passed the tests. */
    readonly refreshed: string[];
    finishApprovedBy?: readonly string[];
    /** Where the forward path begins, after a `retry`. */
    from?: StepName;
  };
  /** Grows with each change of the traffic, also over upgrades: a driver refuses an older one. */
  nextEpoch(): number;
}

// More changes of the traffic than one run will ever make; keeps an epoch below 2^53.
const EPOCHS_PER_MS = 1_000;

export function createUpgrade(plan: Plan, ref: UpgradeRef, journal: Journal, control: Control): Upgrade {
  let changes = 0;
  const acts = createActs(plan);
  const upgrade: Upgrade = {
    plan,
    ref,
    journal,
    control,
    acts,
    balancers: balancersOf(plan),
    undos: new Undos(journal, control, (text) => void tell(upgrade, 'page', text)),
    known: { migrated: false, refreshed: [] },
    nextEpoch() {
      changes += 1;
      return Date.parse(ref.startedAt) * EPOCHS_PER_MS + changes;
    },
  };
  return upgrade;
}

/** Names this run. The plan is not checked yet, and the name must be known before the first message can come. */
export function currentUpgrade(input: unknown): UpgradeRef {
  const { workflowId, runId, startTime } = workflowInfo();
  const named = typeof input === 'object' && input !== null && 'cluster' in input ? input.cluster : undefined;
  const cluster = typeof named === 'string' ? named.slice(0, 63) : '?';
  return { cluster, workflowId, runId, startedAt: startTime.toISOString() };
}
