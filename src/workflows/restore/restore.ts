import { fieldsOf } from '../../domain/plan/fault.ts';
import { restoreNames, type BackupFacts, type RestoreNames, type RestoreRequest } from '../../domain/restore/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import type { Control } from '../control.ts';
import type { Journal } from '../journal.ts';
import { createUpgrade, currentUpgrade, type Upgrade } from '../upgrade.ts';

/** Everything that the steps of one restore share. */
export interface Restore {
  readonly u: Upgrade;
  /** What people call the backup. */
  readonly backup: string;
  /** Who the restore itself names as who starts it. */
  readonly startedBy?: string;
  readonly names: RestoreNames;
  /** The database is restored, too. */
  readonly database: boolean;
  readonly folder?: string;
  readonly only?: RestoreRequest['only'];
  readonly known: {
    backup?: BackupFacts;
    /** PostgreSQL's numbers of the databases: those stay when names change. */
    present?: number;
    restored?: number;
    swapped: boolean;
  };
}

export function createRestore(
  { plan, backup, startedBy, folder, only }: RestoreRequest,
  journal: Journal,
  control: Control,
): Restore {
  const { upgrade } = journal.status;
  return {
    u: createUpgrade(plan, upgrade, journal, control),
    ...{ backup, names: restoreNames(plan.database.name, upgrade), database: only !== 'files' },
    ...(startedBy === undefined ? {} : { startedBy }),
    ...(folder === undefined ? {} : { folder }),
    ...(only === undefined ? {} : { only }),
    known: { swapped: false },
  };
}

/** Names this run, before what it was asked for is checked. */
export const currentRestore = (input: unknown): UpgradeRef => currentUpgrade(fieldsOf(input)['plan']);

/** The backup that was found, for activities. Only after `check`. */
export function sourceOf({ u: { plan }, known }: Restore) {
  const { s3, encrypt } = plan.backup;
  return { s3, ...(encrypt === undefined ? {} : { encrypt }), manifestKey: known.backup?.manifestKey ?? '' };
}
