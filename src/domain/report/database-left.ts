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
    forNextAttempt: pending.length === 0 ? nothingPending(y) : stillPending(y, pending.length),
  };
}

const newlyExecuted = (before: readonly string[], after: readonly string[]): string[] =>
  after.filter((name) => !before.includes(name));

const nothingPending = (y: string): string =>
  `The database is already complete for ${y}. The next attempt begins at preflight and finds less, or nothing, to migrate.`;

const stillPending = (y: string, count: number): string =>
  `${count === 1 ? 'One migration waits' : `${count} migrations wait`} for \`kong migrations finish\`, which nobody must run while X serves. ` +
  `Until then Kong refuses \`up\` of any other version than ${y}. ` +
  'Whatever is written through X from now on lacks what `up` has added for existing entities, and `finish` may break it: ' +
  'the next attempt begins at preflight with a backup of its own, and rehearses `finish` on a copy before it does anything that stays.';
