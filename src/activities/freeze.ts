import { cancellationSignal, log } from '@temporalio/activity';
import type { Fingerprints } from '../adapters/postgres/fingerprint.ts';
import type { Guard } from '../adapters/postgres/guard.ts';
import type { MigratorRole } from '../adapters/postgres/migrator-role.ts';
import type { WriteProof } from '../adapters/postgres/proof.ts';
import type { QuietWatch } from '../adapters/postgres/quiet.ts';
import type { RunCommand } from '../adapters/process/index.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { FreezeActivities } from './contract.ts';

export interface FreezeDeps {
  readonly guard: Guard;
  readonly proof: WriteProof;
  readonly fingerprints: Fingerprints;
  readonly quiet: QuietWatch;
  readonly migratorRole: MigratorRole;
  readonly runCommand: RunCommand;
  /** Environment of the user's own commands. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The user's own commands end within this time, in milliseconds. */
const COMMAND_TIMEOUT = 600_000;
const LAST_LINES = 5;

export function createFreezeActivities(deps: FreezeDeps): FreezeActivities {
  const { guard, proof, fingerprints, quiet, migratorRole, runCommand, environment } = deps;
  return {
    async runUserCommands({ commands, purpose }) {
      for (const argv of commands) {
        const options = { env: environment, signal: cancellationSignal(), timeout: COMMAND_TIMEOUT };
        const { exitCode, stdout, stderr, timedOut } = await runCommand(argv, options);
        if (exitCode === 0) continue;
        const how = timedOut ? `did not end within ${COMMAND_TIMEOUT / 60_000} min` : `ended with code ${exitCode}`;
        const tail = `${stdout}\n${stderr}`.trim().split('\n').slice(-LAST_LINES).join('\n');
        throw new CrossfadeError('UserCommandFailed', `The command ${argv[0]} (${purpose}) ${how}: ${tail}`);
      }
    },

    async waitForQuiet({ database, quiet: ms, within }) {
      await quiet.wait(database, ms, within, cancellationSignal());
    },

    async freezeConfiguration({ database, upgrade }) {
      await guard.install(database, upgrade);
      if (database.admin !== undefined) await migratorRole.prepare(database);
      await proof.refused(database);
      const state = await guard.read(database);
      if (state.frozen && state.runId === upgrade.runId) return state;
      const who = state.frozen ? ` It is frozen by ${state.workflowId}.` : '';
      throw new CrossfadeError('NotFrozen', `The guard was installed, and does not stand.${who}`);
    },

    readFreeze: ({ database }) => guard.read(database),

    async thawConfiguration({ database, upgrade, found }) {
      const { leftover } = await guard.lift(database, upgrade, found);
      await proof.accepted(database);
      const left = database.admin && (await migratorRole.remove(database).catch(unlessFull));
      if (typeof left === 'string') log.warn(left);
      const state = await guard.read(database);
      return leftover === undefined ? state : { ...state, leftover };
    },

    async takeBaseline({ database, upgrade, label }) {
      await guard.extend(database, upgrade);
      return fingerprints.takeBaseline(database, upgrade, label);
    },

    checkDrift: ({ database, upgrade }) => fingerprints.drift(database, upgrade),

    proveWritable: ({ database }) => proof.accepted(database),
  };
}

/** Writes work by then: that `database.admin` finds no free connection must not look as if the configuration were still frozen. */
function unlessFull(error: unknown): void {
  if (!(error instanceof CrossfadeError) || error.code !== 'DatabaseFull') throw error;
  log.warn('the role of migrations could not be removed; the next upgrade takes it over', { fault: error.message });
}
