import { cancellationSignal } from '@temporalio/activity';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { DumpComparison } from '../../adapters/postgres/dump-comparison.ts';
import type { DumpRestore } from '../../adapters/postgres/restore.ts';
import type { DatabaseSwap } from '../../adapters/postgres/swap.ts';
import { dumpIn } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { readManifest } from '../backup/documents.ts';
import type { RestoreActivities } from '../contract.ts';
import { reportProgress } from '../progress.ts';

export interface RestoreBesideDeps {
  readonly store: Pick<ObjectStore, 'get'>;
  readonly restore: Pick<DumpRestore, 'intoNew'>;
  readonly comparison: DumpComparison;
  readonly swap: Pick<DatabaseSwap, 'anyOf' | 'drop' | 'numberOf'>;
}

type RestoreBeside = RestoreActivities['restoreBeside'];

export const createRestoreBeside =
  ({ store, restore, comparison, swap }: RestoreBesideDeps): RestoreBeside =>
  async ({ database, names, s3, encrypt, manifestKey }) => {
    const manifest = await readManifest(store, s3, manifestKey);
    const { database: facts } = manifest;
    if (facts === undefined)
      throw new CrossfadeError('ObjectMissing', `The backup ${manifestKey} has no dump of the database.`);
    const doing = `restoring into ${names.restored}`;
    const total = dumpIn(manifest)?.content ?? 0;
    const how = {
      onContent: (bytes: number) => reportProgress({ doing, bytes, total }),
      signal: cancellationSignal(),
    };
    // What an earlier attempt left, at whatever point it ended.
    await swap.drop(database, names);
    const target = { on: await swap.anyOf(database, names), name: names.restored, manifestKey };
    const restored = await restore.intoNew({ s3, encrypt }, manifest, target, how);
    reportProgress({ doing: 'comparing it with the manifest' });
    await comparison.requireEqual(restored.database, facts);
    const number = await swap.numberOf(database, names, names.restored);
    if (number === undefined)
      throw new CrossfadeError('NamesChanged', `The database ${names.restored} was restored, and is gone.`);
    return { restored: number, remarks: restored.remarks };
  };
