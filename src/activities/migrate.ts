import type { AdvisoryLock } from '../adapters/postgres/advisory-lock.ts';
import type { MigrationAccess } from '../adapters/postgres/migration-access.ts';
import type { MigrationCommand } from '../adapters/postgres/migration-record.ts';
import type { Seals } from '../adapters/postgres/seal.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import {
  afterFinish,
  afterUp,
  beforeFinish,
  beforeUp,
  inheritedMigrations,
  leadsTo,
  whyNotAgain,
} from '../domain/migrations/index.ts';
import type { MigrateActivities } from './contract.ts';
import {
  lockLost,
  open,
  type Attempt,
  type AttemptDeps,
  type Held,
  type Input,
  type Result,
} from './migration-attempt.ts';
import { PATIENCE, patiently, type Patience } from './patiently.ts';
import { provePluginSets } from './plugin-sets.ts';
import { poll } from './poll.ts';
import { reportProgress } from './progress.ts';
import { readWitnessed } from './read-migrations.ts';
import { stillAtWork } from './settle-migration.ts';
import { stopIfCancelled } from './stop-if-cancelled.ts';

export interface MigrateDeps extends AttemptDeps {
  readonly seals: Pick<Seals, 'read'>;
  readonly lock: Pick<AdvisoryLock, 'hold'>;
  readonly access: MigrationAccess;
}

/** A command of a worker that died is let to its end: nobody may kill a migration that makes progress. */
const EARLIER_ENDS_WITHIN = 600_000;

export function createMigrateActivities(deps: MigrateDeps, patience: Patience = PATIENCE): MigrateActivities {
  const attempt = (input: Input, command: MigrationCommand, work: (attempt: Attempt, held: Held) => Promise<Result>) =>
    underLock(deps, input, command, patience, async (held) => work(await open(deps, input, command, held), held));

  return {
    readMigrations: async ({ cluster, database }) => {
      const readMeta = () => deps.schemaMeta.read(database);
      return (await readWitnessed(deps.runner(cluster, database), cluster.version, readMeta)).state;
    },

    migrateUp: (input) =>
      attempt(input, 'up', async (migration, { pass }) => {
        const result = await up(deps, input, migration);
        await provePluginSets(deps.runner(input.cluster, input.database), input.cluster, pass.env);
        return result;
      }),

    async migrateFinish(input) {
      await proveSealed(deps, input);
      return attempt(input, 'finish', async (migration) => {
        const decision = beforeFinish(migration.before);
        if (decision.go === 'fail') throw new CrossfadeError(decision.failure.code, decision.failure.message);
        if (decision.go === 'nothing-to-do') return migration.result(migration.before);
        return migration.run(migration.before.pending, afterFinish);
      });
    },
  };
}

async function up({ record }: MigrateDeps, { cluster, database, upgrade }: Input, migration: Attempt): Promise<Result> {
  const { before, begun } = migration;
  const { version } = cluster;
  const abandoned = await record.abandoned(database, upgrade);
  const known = [...(begun ?? []), ...inheritedMigrations(before, abandoned, version)];
  const decision = beforeUp(before, known);
  if (decision.go === 'fail') throw new CrossfadeError(decision.failure.code, decision.failure.message);
  if (decision.go === 'nothing-to-do') return migration.result(before);

  const ours = begun === undefined ? [] : await record.inDoubt(database, upgrade, 'up');
  const theirs = abandoned.filter((one) => leadsTo(one, before, version)).flatMap((one) => one.inDoubt);
  const halfDone = before.new.filter((one) => ours.includes(one) || theirs.includes(one));
  const again = whyNotAgain({ ...before, new: halfDone }, version);
  if (again !== undefined)
    throw new CrossfadeError('MigrationNotRepeatable', `An earlier "up" was ended in the middle. ${again}.`);
  return migration.run(before.new, afterUp, decision.plugins);
}

async function proveSealed({ seals }: MigrateDeps, { database, upgrade }: Input): Promise<void> {
  const seal = await seals.read(database, upgrade.cluster);
  if (seal?.runId === upgrade.runId) return;
  const found =
    seal === undefined ? 'there is none' : `the one that is there is of ${seal.workflowId}, run ${seal.runId}`;
  throw new CrossfadeError('NotSealed', `The database holds no seal of this upgrade: ${found}.`);
}

/** Holds the advisory lock for as long as it takes; each attempt gets past the guard anew, so that nothing stays open in the pauses. */
const underLock = (
  { lock, access }: MigrateDeps,
  { database, upgrade }: Input,
  command: MigrationCommand,
  patience: Patience,
  use: (held: Held) => Promise<Result>,
): Promise<Result> =>
  lock.hold(database, upgrade.cluster, (lost, lockHolder) =>
    patiently(command, patience, async () => {
      await stopIfCancelled();
      if (lost.aborted) throw lockLost(command);
      // While a command of an earlier attempt is at work, its role gets no second password.
      const outcome = await poll(
        () =>
          access
            .run(database, upgrade, async (pass) => ({
              value: await use({ pass, lost, lockHolder, patience: patience.forHolders }),
            }))
            .catch((error: unknown) => unlessAtWork(command, error)),
        { within: EARLIER_ENDS_WITHIN, every: 500 },
      );
      if (outcome === undefined) throw stillAtWork('one of an earlier attempt has a session in PostgreSQL');
      return outcome.value;
    }),
  );

function unlessAtWork(command: MigrationCommand, error: unknown): undefined {
  if (!(error instanceof CrossfadeError) || error.code !== 'MigratorStillAtWork') throw error;
  reportProgress({ command: `kong migrations ${command}`, waitsFor: 'the one of an earlier attempt, which goes on' });
  return undefined;
}
