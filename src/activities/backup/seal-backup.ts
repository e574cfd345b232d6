import { cancellationSignal } from '@temporalio/activity';
import type { BackupObjects } from '../../adapters/backup-objects/index.ts';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { DumpRestore } from '../../adapters/postgres/restore.ts';
import { backupKeys, whyNotOpened, type BackupManifest, type StoredObject } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { BackupActivities } from '../contract.ts';
import { reportBytes } from '../byte-progress.ts';
import { readDumpFacts, writeJson } from './documents.ts';

export interface SealBackupDeps {
  readonly store: ObjectStore;
  readonly objects: BackupObjects;
  readonly restore: DumpRestore;
}

type SealBackup = BackupActivities['sealBackup'];

export const createSealBackup =
  ({ store, objects, restore }: SealBackupDeps): SealBackup =>
  async ({ s3, encrypt, upgrade, label, objects: stored, fingerprint, versions, startedAt }) => {
    const keys = backupKeys(s3.prefix, upgrade, label);
    const facts = await readDumpFacts(store, s3, keys.facts);
    if (facts.fingerprint !== fingerprint)
      throw new CrossfadeError(
        'BackupOfAnotherState',
        `The dump ${keys.dump} holds the configuration ${facts.fingerprint.slice(0, 12)}, the baseline is ${fingerprint.slice(0, 12)}.`,
      );
    let notListed: string | undefined;
    for (const object of stored) {
      const closed = whyNotOpened(object, encrypt?.identity);
      const listed = object.kind === 'database' && closed === undefined;
      if (object.kind === 'database') notListed = closed;
      const onContent = reportBytes(`reading back ${nameOf(object)}`, listed ? object.content : object.size);
      const how = { onContent, signal: cancellationSignal() };
      if (listed) await restore.list({ s3, encrypt }, object, facts.program, how);
      else await objects.verify(s3, object, how);
    }
    const { cluster, workflowId, runId } = upgrade;
    const takenAt = new Date().toISOString();
    const manifest: BackupManifest = {
      format: 1,
      ...{ cluster, workflowId, runId, label, startedAt, takenAt, versions },
      ...(encrypt === undefined ? {} : { recipients: encrypt.recipients }),
      objects: stored,
      database: facts,
      ...(notListed === undefined ? {} : { notListed }),
    };
    await writeJson(store, s3, keys.manifest, manifest);
    const bytes = stored.reduce((sum, { size }) => sum + size, 0);
    return {
      ...{ label, bucket: s3.bucket, manifestKey: keys.manifest, objects: stored.length, bytes, takenAt },
      encrypted: stored.every(({ packing }) => packing.includes('age')),
      verified: true,
      ...(notListed === undefined ? {} : { notListed }),
      restored: false,
    };
  };

const nameOf = ({ key }: StoredObject): string => key.slice(key.lastIndexOf('/') + 1);
