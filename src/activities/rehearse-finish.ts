import { cancellationSignal } from '@temporalio/activity';
import type { CreateRunner } from '../adapters/cluster/port.ts';
import type { ScratchNodes } from '../adapters/cluster/scratch-node.ts';
import type { KongHttp } from '../adapters/kong/port.ts';
import type { DumpRestore } from '../adapters/postgres/restore.ts';
import { dumpIn, whyNotOpened } from '../domain/backup.ts';
import { CrossfadeError, type ErrorCode } from '../domain/errors/index.ts';
import { afterFinish, afterUp, type CommandText } from '../domain/migrations/index.ts';
import type { MigrationState } from '../domain/migrations.ts';
import type { DatabaseRef, Side } from '../domain/plan/index.ts';
import type { FinishActivities, StageActivities } from './contract.ts';
import { readManifest } from './backup/documents.ts';
import { proveRestored, type ProveRestoredDeps } from './backup/prove-restored.ts';
import { reportBytes } from './byte-progress.ts';
import { reportProgress } from './progress.ts';
import { readState } from './read-migrations.ts';
import { bringUp } from './start-node.ts';

export interface RehearseDeps extends ProveRestoredDeps {
  readonly runner: CreateRunner;
  readonly http: KongHttp;
  readonly restore: Pick<DumpRestore, 'inScratch'>;
  readonly scratchNodes: ScratchNodes;
  readonly runTests: StageActivities['runTests'];
}

type Input = Parameters<FinishActivities['rehearseFinish']>[0];
type Rehearsal = Awaited<ReturnType<FinishActivities['rehearseFinish']>>;

const PURPOSE = 'rehearsal';
const COMMAND_TIMEOUT = 3_600_000;
const READY_WITHIN = 60_000;

/** What would happen on the real database too; anything else (a lost connection, a missing object) is worth another try. */
const TELLING: readonly ErrorCode[] = [
  'MigrationFailed',
  'MigrationNotPermitted',
  'UpNotDone',
  'NodeStartFailed',
  'TestsFailed',
  'RestoreFailed',
  'RestoreDiffers',
];

/** Restores the backup beside the real database, finishes it there, and tests a node of Y on the result. Error `RehearsalFailed`. */
export async function rehearseFinish(deps: RehearseDeps, input: Input): Promise<Rehearsal> {
  const { y, database } = input.plan;
  if (y.runs.on !== 'local') {
    const skipped = 'the nodes of Y are run by commands of your own, and those know no other database';
    return { migrations: [], testsPassed: 0, skipped };
  }
  const { s3, encrypt, backup, upgrade, on = database } = input;
  const wanted = { on, manifestKey: backup.manifestKey, purpose: PURPOSE };
  const manifest = await readManifest(deps.store, s3, backup.manifestKey);
  const { database: facts } = manifest;
  const dump = dumpIn(manifest);
  const closed = dump && whyNotOpened(dump, encrypt?.identity);
  if (closed !== undefined)
    return { migrations: [], testsPassed: 0, skipped: `the backup can not be restored: ${closed}` };
  try {
    const signal = cancellationSignal();
    const onContent = reportBytes('restoring the backup', dump?.content);
    return await deps.restore.inScratch({ s3, encrypt }, manifest, wanted, { signal, onContent }, async (scratch) => {
      const proved =
        facts === undefined ? {} : { backup: await proveRestored(deps, { s3, upgrade, backup, facts, copy: scratch }) };
      const copy = await deps.scratchNodes.make(y, scratch, `${PURPOSE}-${upgrade.runId}`);
      try {
        return { ...(await onCopy(deps, copy, scratch, input)), ...proved };
      } finally {
        await deps.scratchNodes.remove(copy, scratch);
      }
    });
  } catch (error) {
    if (!(error instanceof CrossfadeError) || !TELLING.includes(error.code)) throw error;
    throw new CrossfadeError('RehearsalFailed', `On a copy of the database: ${error.message}`, { cause: error });
  }
}

async function onCopy(deps: RehearseDeps, copy: Side, scratch: DatabaseRef, { plan }: Input): Promise<Rehearsal> {
  const runner = deps.runner(copy, scratch);
  let state = await readState(runner, copy.version);
  const migrations: string[] = [];

  const run = async (command: 'up' | 'finish', judge: typeof afterFinish): Promise<MigrationState> => {
    reportProgress({ doing: `kong migrations ${command} on the copy` });
    const outcome: CommandText = await runner.kong(
      ['migrations', command, '--db-timeout', '3600', '--lock-timeout', '900'],
      {
        signal: cancellationSignal(),
        timeoutMs: COMMAND_TIMEOUT,
      },
    );
    const after = await readState(runner, copy.version);
    const judged = judge(after, outcome);
    if (!judged.done) throw new CrossfadeError(judged.failure.code, judged.failure.message);
    return after;
  };

  // The backup may be from before `up`.
  if (state.new.length > 0) state = await run('up', afterUp);
  if (state.pending.length > 0) {
    migrations.push(...state.pending);
    await run('finish', afterFinish);
  }
  reportProgress({ doing: 'starting a node of Y on the copy' });
  for (const node of copy.nodes) await bringUp({ http: deps.http, runner, cluster: copy, node, within: READY_WITHIN });
  reportProgress({ doing: 'tests on the copy' });
  const { passed } = await deps.runTests({ side: 'y', cluster: copy, tests: plan.stage.tests });
  return { migrations, testsPassed: passed };
}
