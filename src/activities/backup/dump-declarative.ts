import { cancellationSignal } from '@temporalio/activity';
import type { BackupObjects } from '../../adapters/backup-objects/index.ts';
import type { Deck } from '../../adapters/deck/deck.ts';
import { backupKeys, type StoredObject } from '../../domain/backup.ts';
import type { BackupActivities } from '../contract.ts';
import { reportBytes } from '../byte-progress.ts';

export interface DumpDeclarativeDeps {
  readonly objects: BackupObjects;
  readonly deck: Deck;
}

type DumpDeclarative = BackupActivities['dumpDeclarative'];

/** What the dump of a Kong without workspaces is called. */
const DEFAULT_WORKSPACE = 'default';

export const createDumpDeclarative =
  ({ objects, deck }: DumpDeclarativeDeps): DumpDeclarative =>
  async ({ deck: plan, admin, access, s3, encrypt, upgrade, label }) => {
    if (plan === false) return { objects: [] };
    const signal = cancellationSignal();
    const target = { admin, access };
    const keys = backupKeys(s3.prefix, upgrade, label);
    const program = await deck.find(plan, signal);
    const stored: StoredObject[] = [];
    for (const workspace of (await deck.workspaces(target)) ?? [undefined]) {
      const source = workspace ?? DEFAULT_WORKSPACE;
      const body = deck.dump(program, target, { workspace, ids: plan.ids, defaults: plan.defaults }, signal);
      const object = { kind: 'deck', key: keys.deck(source), source, compress: false } as const;
      const how = { onContent: reportBytes(`dumping workspace ${source}`), signal };
      stored.push(await objects.write({ s3, encrypt }, object, body, how));
    }
    return { objects: stored, version: program.version };
  };
