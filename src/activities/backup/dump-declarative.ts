import { cancellationSignal } from '@temporalio/activity';
import type { BackupObjects } from '../../adapters/backup-objects/index.ts';
import type { Deck } from '../../adapters/deck/deck.ts';
import { backupKeys, type StoredObject } from '../../domain/backup.ts';
import type { BackupActivities } from '../contract.ts';
import { reportProgress } from '../progress.ts';

export interface DumpDeclarativeDeps {
  readonly objects: BackupObjects;
  readonly deck: Deck;
}

type DumpDeclarative = BackupActivities['dumpDeclarative'];

export const createDumpDeclarative =
  ({ objects, deck }: DumpDeclarativeDeps): DumpDeclarative =>
  async ({ deck: plan, admin, access, s3, encrypt, upgrade, label }) => {
    if (plan === false) return { objects: [] };
    const target = { command: plan.command, admin, access };
    const keys = backupKeys(s3.prefix, upgrade, label);
    const how = { onContent: (bytes: number) => reportProgress({ bytes }), signal: cancellationSignal() };
    const version = await deck.version(plan.command, cancellationSignal());
    const stored: StoredObject[] = [];
    for (const workspace of await deck.workspaces(target)) {
      const object = { kind: 'deck', key: keys.deck(workspace), source: workspace, compress: false } as const;
      const body = deck.dump(target, workspace, cancellationSignal());
      stored.push(await objects.write({ s3, encrypt }, object, body, how));
    }
    return { objects: stored, version };
  };
