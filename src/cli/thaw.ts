import { throughLockOut } from '../adapters/postgres/connect-locked-out.ts';
import {
  createConnect,
  createConnectOnce,
  isFull,
  withConnection,
  type Connect,
} from '../adapters/postgres/connect.ts';
import { readFreezeFacts, writeLastThaw, type FreezeFacts } from '../adapters/postgres/freeze-facts.ts';
import { createGuard } from '../adapters/postgres/guard.ts';
import { createLockOut } from '../adapters/postgres/lock-out.ts';
import { createMigratorRole } from '../adapters/postgres/migrator-role.ts';
import { createWriteProof } from '../adapters/postgres/proof.ts';
import { createSecrets, type Secrets } from '../adapters/secrets.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { DatabaseRef } from '../domain/plan/index.ts';

/** A freeze by hand: with nothing but the database. */
export interface FreezeByHand {
  /** Errors `NotKongDatabase`, `DatabaseNotPermitted`. */
  read(): Promise<FreezeFacts>;
  /**
   * Ends it and proves that a write works. Returns whether nothing of the guard is left, and what could not be tidied up, in words. Errors `FrozenByAnother` (when it is not the freeze of `facts` any more), `GuardBusy`, `StillFrozen`, `DatabaseNotPermitted`.
   */
  lift(facts: FreezeFacts, by: string): Promise<{ readonly clean: boolean; readonly left: readonly string[] }>;
}

export function freezeByHand(database: DatabaseRef, env = process.env): FreezeByHand {
  const connect = throughLockOut(connectFor(createSecrets(env)));
  const guard = createGuard(connect);
  const permitted = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if ((cause as { code?: string }).code !== '42501') throw cause;
      const message = `The role ${database.user} may not ${what}: ${(cause as Error).message}. Kong's own role, the owner of schema crossfade, or a superuser may.`;
      throw new CrossfadeError('DatabaseNotPermitted', message, { cause });
    }
  };

  return {
    read: () => permitted('read the freeze', () => withConnection(connect(database), readFreezeFacts)),

    async lift(facts, by) {
      const { cluster = '', workflowId = '', runId = '', since = '' } = facts;
      const { leftover, migratorRole } = await permitted('lift the freeze', () =>
        guard.lift(database, { cluster, workflowId, runId, startedAt: since }),
      );
      const clean = leftover === undefined;
      const left: string[] = clean ? [] : [leftover];
      try {
        await createWriteProof(connect).accepted(database);
      } finally {
        // The freeze has ended, whatever else keeps a write from working.
        await tidyUp(facts, by, migratorRole, left);
      }
      return { clean, left };
    },
  };

  async function tidyUp(
    facts: FreezeFacts,
    by: string,
    migratorRole: string | undefined,
    left: string[],
  ): Promise<void> {
    const tidy = (what: string, work: () => Promise<unknown>) =>
      work().catch((error: unknown) => left.push(`${what}: ${error instanceof Error ? error.message : String(error)}`));
    if (facts.since !== undefined)
      await tidy('It could not be noted in the database who lifted the freeze', () =>
        withConnection(connect(database), (client) => writeLastThaw(client, noteOf(facts, by))),
      );
    // After the seal X must not come back: then its role stays locked out until somebody has decided what becomes of the upgrade.
    if (facts.seal === undefined && facts.lockedOut.length > 0)
      await tidy(`May still not log on: ${facts.lockedOut.join(', ')}`, async () => {
        const { gone } = await createLockOut(connect).lift(database);
        if (gone.length > 0)
          left.push(`Was locked out, and is not there any more (dropped or renamed): ${gone.join(', ')}`);
      });
    if (migratorRole === undefined) return;
    const drop = `DROP ROLE ${migratorRole}`;
    if (database.admin === undefined)
      left.push(`The role of migrations is left; nothing needs it. Who may drop roles runs: ${drop}`);
    else
      await tidy(`The role of migrations could not be removed (${drop})`, async () => {
        const remains = await createMigratorRole(connect).remove(database);
        if (remains !== undefined) left.push(remains);
      });
  }
}

const noteOf = ({ workflowId, runId, since }: FreezeFacts, by: string): string =>
  `\`crossfade thaw\` by ${by} at ${new Date().toISOString()} lifted the freeze of ${workflowId ?? '?'} (run ${runId ?? '?'}) since ${since ?? '?'}`;

/** Where Kong's role finds no free connection, `database.admin` may: PostgreSQL keeps some for superusers. */
function connectFor(secrets: Secrets): Connect {
  const [once, patiently] = [createConnectOnce(secrets), createConnect(secrets)];
  return async (database, options = {}) => {
    if (database.admin === undefined || options.as === 'admin') return patiently(database, options);
    try {
      return await once(database, options);
    } catch (error) {
      if (!isFull(error)) throw error;
      return patiently(database, { ...options, as: 'admin' });
    }
  };
}
