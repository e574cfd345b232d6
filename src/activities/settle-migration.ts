import type { KongLock } from '../adapters/postgres/kong-lock.ts';
import type { MigrationCommand } from '../adapters/postgres/migration-record.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { DatabaseRef } from '../domain/plan/index.ts';
import type { UpgradeRef } from '../domain/upgrade.ts';
import { poll, type Pause } from './poll.ts';
import { reportProgress } from './progress.ts';

/** Seconds. Kong never renews its lock: it must outlast the command. */
export const LOCK_TIMEOUT = 900;

const SESSIONS_GONE_WITHIN = 30_000;
/** Where a dead command's lock can't be told from a living one's, nothing is left but to wait for its end. */
const LOCK_ENDS_WITHIN = (LOCK_TIMEOUT + 30) * 1_000;

/** A command that this upgrade has begun, in this attempt or an earlier one. */
export interface BegunCommand {
  readonly database: DatabaseRef;
  readonly upgrade: UpgradeRef;
  readonly command: MigrationCommand;
  /** The role that it runs as. */
  readonly role: string;
  /** The server's process that holds our advisory lock. */
  readonly lockHolder: number;
}

/**
 * Waits until nothing of the command is left: the server goes on with a statement after its client was killed or gave up. Then removes
 * the lock of Kong's that it left. Error `MigratorStillAtWork`.
 *
 * @param pause between two looks: whether a cancellation ends the waiting
 */
export async function settle(kongLock: KongLock, begun: BegunCommand, pause: Pause): Promise<void> {
  const { database, upgrade, command, role, lockHolder } = begun;
  if (role === database.user) return settleWithoutRole(kongLock, begun, pause);
  const gone = await poll(async () => (await kongLock.sessions(database, role)) === 0 || undefined, {
    within: SESSIONS_GONE_WITHIN,
    pause,
  });
  if (gone === undefined) throw stillAtWork(`the role ${role} has a session in ${database.name}`);
  await kongLock.clearDead(database, upgrade, command, LOCK_TIMEOUT, lockHolder);
}

/**
 * The migrator's sessions look like those of nodes. If none at all began since the command did, it is dead, and so is its lock; else its
 * lock must be free, and whatever was being executed must have ended.
 */
async function settleWithoutRole(kongLock: KongLock, begun: BegunCommand, pause: Pause): Promise<void> {
  const { database, upgrade, command, lockHolder } = begun;
  let until: string | undefined;
  const settled = await poll(
    async () => {
      const since = await kongLock.sessionsSince(database, upgrade, command, until);
      until = since.until;
      if (since.sessions === 0) await kongLock.clearDead(database, upgrade, command, LOCK_TIMEOUT, lockHolder);
      if (since.busy === 0 && !(await kongLock.held(database))) return true;
      reportProgress({ command: `kong migrations ${command}`, waitsFor: 'an earlier command, or its lock in Kong' });
      return undefined;
    },
    { within: LOCK_ENDS_WITHIN, pause },
  );
  if (settled === undefined) throw stillAtWork("Kong's lock on migrations is held, or a statement of it is executed");
}

export const stillAtWork = (what: string): CrossfadeError =>
  new CrossfadeError('MigratorStillAtWork', `A migration command is still at work: ${what}.`);
