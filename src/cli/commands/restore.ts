import { Option, type Command } from 'commander';
import { findBackup } from '../../activities/restore/find-backup.ts';
import { readManifest } from '../../activities/backup/documents.ts';
import { createS3Store } from '../../adapters/object-store/s3.ts';
import { createSecrets } from '../../adapters/secrets.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import {
  backupFacts,
  describeRestore,
  namesToCome,
  parseRestoreRequest,
  type RestoreRequest,
} from '../../domain/restore/index.ts';
import { canAsk, confirmed } from '../confirm.ts';
import { EXIT } from '../exit-codes.ts';
import { print } from '../io.ts';
import { optionalByOption } from '../options.ts';
import { readPlanFile } from '../plan-file.ts';
import { startWorkflow } from '../start-workflow.ts';
import { withTemporal } from '../temporal.ts';

interface Options {
  readonly backup: string;
  readonly to?: string;
  readonly only?: string;
  readonly by?: string;
  readonly wait?: true;
  readonly yes?: true;
}

export function restoreCommand(program: Command, done: (code: number) => void): void {
  program
    .command('restore')
    .summary('restore a backup beside the real database; an approval swaps them')
    .description(
      'Prints what it would do, then starts the workflow restoreBackup as kong/<cluster>: the backup is read to its end, restored into a new database, and proved. Nothing takes the place of anything before somebody approves the gate `restore`; the old database is kept under another name. Every node of X and Y must be stopped.',
    )
    .argument('<file>', 'the plan, JSON or YAML; its X is the version that the backup was made of')
    .requiredOption('--backup <name>', 'as `crossfade backups` shows it, the beginning of one, or latest')
    .option('--to <folder>', "where its files go on the host of Y's runner: static files, decK's dumps, the keyring")
    .addOption(new Option('--only <what>', 'leave the other one alone').choices(['files', 'database']))
    .addOption(
      optionalByOption('who starts the restore (never counts as an approver), whoever "startedBy" of the plan is'),
    )
    .option('--wait', 'wait until it has ended or is held')
    .option('--yes', 'do not ask; needed where there is no terminal')
    .action(async (file: string, options: Options, command: Command) => {
      const { wait, yes } = options;
      const typed = { plan: readPlanFile(file), ...optionsOf(options) };
      const request = checked(file, typed);
      const { startedBy, cluster } = request.plan;
      if (startedBy === undefined)
        command.error('error: required option \'--by <name>\' not specified, and the plan has no "startedBy"');
      const { id, lines } = await whatItWouldDo(request);
      print(`${lines.join('\n')}\n`);
      if (yes === undefined) {
        if (!canAsk()) command.error('error: --yes is needed where nobody can be asked. Nothing was changed.');
        if (!(await confirmed(`Restore it as ${startedBy}?`))) {
          print('Nothing was changed.');
          return done(EXIT.refused);
        }
      }
      // That one which was shown, whatever is the latest by the time that a worker looks.
      const input = { ...typed, backup: id };
      const summary = `${cluster}: restore ${id}`;
      const run = { type: 'restoreBackup', cluster, input, summary, details: lines.join('\n') } as const;
      done(await withTemporal((temporal) => startWorkflow(temporal, run, wait)));
    });
}

const optionsOf = ({ backup, by, to, only }: Options) => ({
  backup,
  ...(by === undefined ? {} : { startedBy: by }),
  ...(to === undefined ? {} : { folder: to }),
  ...(only === undefined ? {} : { only }),
});

/** As the workflow checks it, but at once. Error `PlanInvalid`. */
function checked(file: string, typed: object): RestoreRequest {
  const { request, faults } = parseRestoreRequest(typed);
  if (request !== undefined) return request;
  const lines = faults.map(({ path, message }) => `  ${OPTIONS[path] ?? path}: ${message}`);
  throw new CrossfadeError('PlanInvalid', `This restore with ${file} is not possible:\n${lines.join('\n')}`);
}

const OPTIONS: Readonly<Record<string, string>> = {
  backup: '--backup',
  startedBy: '--by',
  folder: '--to',
  only: '--only',
};

/** From the manifest, read here: nothing is asked of a worker yet. */
async function whatItWouldDo(request: RestoreRequest): Promise<{ id: string; lines: string[] }> {
  const { plan, folder, only } = request;
  const { cluster, database, y, backup } = plan;
  const store = createS3Store(createSecrets(process.env));
  const manifestKey = await findBackup(store, backup.s3, cluster, request.backup);
  const facts = backupFacts(backup.s3.prefix, manifestKey, await readManifest(store, backup.s3, manifestKey));
  const scope = {
    starter: { ofPlan: plan.startedBy, named: request.startedBy },
    ...{ backup: facts, at: database, host: y.runs.host, canDecrypt: backup.encrypt?.identity !== undefined },
    ...(only === 'files' ? {} : { names: namesToCome(database.name) }),
    ...(folder === undefined ? {} : { folder }),
  };
  return { id: facts.id, lines: describeRestore(scope, new Date().toISOString()) };
}
