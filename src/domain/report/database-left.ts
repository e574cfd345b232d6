import { whatWillHappen } from '../migrations/index.ts';
import type { UpgradeStatus } from '../status/index.ts';
import type { DatabaseLeft } from './types.ts';

/**
 * `kong migrations up` has no undo and needs none while X stays; still, whoever reads the report of an upgrade that went back
 * must know what the database is in now. Absent when nothing was migrated, or when `finish` ran.
 */
export function databaseLeft(status: UpgradeStatus): DatabaseLeft | undefined {
  const { before, afterUp, ran } = status.migrations;
  const wentBack = status.outcome === 'rolled-back' || status.outcome === 'rolled-back-with-faults';
  if (!wentBack || status.seal !== undefined) return undefined;
  const executed = ran.length > 0 ? ran : newlyExecuted(before?.executed ?? [], afterUp?.executed ?? []);
  const pending = afterUp?.pending ?? [];
  if (executed.length === 0 && pending.length === 0) return undefined;
  const [x, y] = [status.from ?? 'X', status.to ?? 'Y'];
  return {
    executed,
    pending,
    forX: `Nothing has to be undone. X (${x}) ignores migrations that it does not know: it serves, restarts and takes configuration as before.`,
    forNextAttempt: pending.length === 0 ? nothingPending(y) : stillPending(y, pending) + backupOf(status),
  };
}

const newlyExecuted = (before: readonly string[], after: readonly string[]): string[] =>
  after.filter((name) => !before.includes(name));

const nothingPending = (y: string): string =>
  `The database is already complete for ${y}. The next attempt begins at preflight and finds less, or nothing, to migrate.`;

function stillPending(y: string, pending: readonly string[]): string {
  const count = pending.length;
  const { finish } = whatWillHappen([], pending, y);
  const later = finish.map(({ name, does }) => `${name} ${does}`).join('; ');
  return (
    `${count === 1 ? 'One migration waits' : `${count} migrations wait`} for \`kong migrations finish\`, which nobody must run while X serves` +
    `${later === '' ? '' : ` (${later})`}. ` +
    `Until then Kong refuses \`up\` of any other minor version than that of ${y}. ` +
    'Whatever is written through X from now on lacks what `up` has added for existing entities, and `finish` may lose or break it. ' +
    `The next attempt to ${y} knows what was left by the record in schema crossfade (don't drop it), goes on with it, counts what X wrote ` +
    'meanwhile, makes a backup of its own, and rehearses `finish` on a copy.'
  );
}

function backupOf({ backups }: UpgradeStatus): string {
  const before = backups.find(({ label }) => label === 'before');
  return before === undefined
    ? ''
    : ` To go back to before \`up\`: the backup in ${before.bucket}, ${before.manifestKey}; everything written since then is lost with it.`;
}
