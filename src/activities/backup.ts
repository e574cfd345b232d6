import { cancellationSignal, log } from '@temporalio/activity';
import type { Deck } from '../adapters/deck/deck.ts';
import type { BackupFiles } from '../adapters/object-store/files.ts';
import type { ObjectStore } from '../adapters/object-store/port.ts';
import type { DatabaseDump } from '../adapters/postgres/dump.ts';
import type { DumpComparison } from '../adapters/postgres/dump-comparison.ts';
import type { DumpRestore } from '../adapters/postgres/restore.ts';
import { backupKeys, type BackupManifest, type BackupRef, type StoredObject } from '../domain/backup.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { readDumpFacts, readManifest, writeJson } from './backup-documents.ts';
import type { BackupActivities } from './contract.ts';
import { reportProgress } from './progress.ts';

export interface BackupDeps {
  readonly store: ObjectStore;
  readonly dump: DatabaseDump;
  readonly restore: DumpRestore;
  readonly comparison: DumpComparison;
  readonly deck: Deck;
  readonly files: BackupFiles;
}

const DRILL = 'drill';

export function createBackupActivities(deps: BackupDeps): BackupActivities {
  const { store, dump, restore, comparison, deck, files } = deps;
  const onBytes = (bytes: number) => reportProgress({ bytes });
  const uploading = () => ({ onBytes, signal: cancellationSignal() });

  return {
    async dumpDatabase({ database, s3, upgrade, label }) {
      const keys = backupKeys(s3.prefix, upgrade, label);
      const storeDump: Parameters<typeof dump.run<StoredObject>>[2] = async (body, facts) => {
        const stored = await store.put(s3, keys.dump, body, uploading());
        await writeJson(store, s3, keys.facts, facts);
        return { kind: 'database', key: keys.dump, source: database.name, ...stored };
      };
      return dump.run(database, upgrade.cluster, storeDump, cancellationSignal());
    },

    async dumpDeclarative({ deck: plan, admin, access, s3, upgrade, label }) {
      if (plan === false) return [];
      const target = { command: plan.command, admin, access };
      const keys = backupKeys(s3.prefix, upgrade, label);
      const metadata = { deck: await deck.version(plan.command, cancellationSignal()) };
      const stored: StoredObject[] = [];
      for (const workspace of await deck.workspaces(target)) {
        const key = keys.deck(workspace);
        const body = deck.dump(target, workspace, cancellationSignal());
        const written = await store.put(s3, key, body, { ...uploading(), metadata, contentType: 'application/yaml' });
        stored.push({ kind: 'deck', key, source: workspace, ...written });
      }
      return stored;
    },

    async storeFiles({ files: paths, s3, upgrade, label }) {
      const keys = backupKeys(s3.prefix, upgrade, label);
      await files.requireAll(paths);
      const stored: StoredObject[] = [];
      for (const path of paths) {
        const { details, content } = await files.open(path);
        const key = keys.file(path);
        stored.push({
          kind: 'file',
          key,
          source: path,
          ...(await store.put(s3, key, content, { ...uploading(), metadata: details })),
        });
      }
      return stored;
    },

    async sealBackup({ s3, upgrade, label, objects, fingerprint, versions }) {
      const keys = backupKeys(s3.prefix, upgrade, label);
      const facts = await readDumpFacts(store, s3, keys.facts);
      if (facts.fingerprint !== fingerprint)
        throw new CrossfadeError(
          'BackupOfAnotherState',
          `The dump ${keys.dump} holds the configuration ${facts.fingerprint.slice(0, 12)}, the baseline is ${fingerprint.slice(0, 12)}.`,
        );
      for (const object of objects) await restore.verify(s3, object, facts.program, cancellationSignal());
      const details = await Promise.all(objects.map(async ({ key }) => (await store.head(s3, key))?.metadata ?? {}));
      const { cluster, workflowId, runId } = upgrade;
      const takenAt = new Date().toISOString();
      const manifest: BackupManifest = {
        format: 1,
        ...{ cluster, workflowId, runId, label, takenAt, versions },
        objects: objects.map((object, index) => ({ ...object, details: details[index] ?? {} })),
        database: facts,
      };
      await writeJson(store, s3, keys.manifest, manifest);
      const bytes = objects.reduce((sum, { size }) => sum + size, 0);
      return {
        ...{ label, bucket: s3.bucket, manifestKey: keys.manifest, objects, bytes, takenAt },
        verified: true,
        restored: false,
      };
    },

    async drillRestore({ database, s3, backup }) {
      const { database: facts } = await readManifest(store, s3, backup.manifestKey);
      if (facts === undefined) return withoutProof(backup, 'the backup has no dump of the database');
      try {
        const read = { onBytes, signal: cancellationSignal() };
        await comparison.requireEqual(
          await restore.toScratch({ database, s3, backup, purpose: DRILL, ...read }),
          facts,
        );
      } catch (error) {
        await restore.dropScratch(database, backup, DRILL).catch(() => undefined);
        if (!(error instanceof CrossfadeError) || error.code !== 'DatabaseNotPermitted') throw error;
        return withoutProof(backup, error.message);
      }
      await restore.dropScratch(database, backup, DRILL);
      return { ...backup, restored: true };
    },
  };
}

const withoutProof = (backup: BackupRef, reason: string): BackupRef => {
  log.warn('The backup was not restored for a test', { reason });
  return { ...backup, restored: false, notRestored: reason };
};
