import { cancellationSignal } from '@temporalio/activity';
import type { BackupObjects } from '../../adapters/backup-objects/index.ts';
import type { Keyring } from '../../adapters/kong/keyring.ts';
import { backupKeys } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { BackupActivities } from '../contract.ts';
import { oneChunk } from './documents.ts';

export interface ExportKeyringDeps {
  readonly objects: BackupObjects;
  readonly keyring: Keyring;
}

type ExportKeyring = BackupActivities['exportKeyring'];

export const createExportKeyring =
  ({ objects, keyring }: ExportKeyringDeps): ExportKeyring =>
  async ({ admin, access, s3, encrypt, upgrade, label }) => {
    const target = { admin, access };
    const state = await keyring.read(target);
    if (state.kind !== 'cluster' || state.keys === 0) return undefined;
    if (encrypt === undefined)
      throw new CrossfadeError(
        'KeyringNotEncrypted',
        `Kong's keyring has keys (${state.keys}), and the plan does not encrypt the backup.`,
      );
    const exported = await keyring.export(target);
    const key = backupKeys(s3.prefix, upgrade, label).keyring;
    const object = { kind: 'keyring', key, source: admin, compress: false } as const;
    return objects.write({ s3, encrypt }, object, oneChunk(exported), { signal: cancellationSignal() });
  };
