import { join } from 'node:path';
import { createBackupActivities } from '../../src/activities/backup/index.ts';
import type { BackupActivities, FinishActivities } from '../../src/activities/contract.ts';
import { createFinishActivities } from '../../src/activities/finish.ts';
import { createStageActivities } from '../../src/activities/stage.ts';
import { createScratchNodes } from '../../src/adapters/cluster/scratch-node.ts';
import { createBackupObjects } from '../../src/adapters/backup-objects/index.ts';
import { createDeck } from '../../src/adapters/deck/deck.ts';
import { createKongMetrics } from '../../src/adapters/metrics/kong.ts';
import { createKeyring } from '../../src/adapters/kong/keyring.ts';
import { backupFiles } from '../../src/adapters/files/index.ts';
import { createS3Store } from '../../src/adapters/object-store/s3.ts';
import { createAdvisoryLock } from '../../src/adapters/postgres/advisory-lock.ts';
import { createDatabaseDump } from '../../src/adapters/postgres/dump.ts';
import { createDumpComparison } from '../../src/adapters/postgres/dump-comparison.ts';
import { createFingerprints } from '../../src/adapters/postgres/fingerprint.ts';
import { createReadSessions } from '../../src/adapters/postgres/sessions.ts';
import { createPostgresPrograms } from '../../src/adapters/postgres/programs.ts';
import { createDumpRestore } from '../../src/adapters/postgres/restore.ts';
import { createScratchDatabases } from '../../src/adapters/postgres/scratch.ts';
import type { S3Ref } from '../../src/domain/plan/index.ts';
import { startS3 } from '../../sandbox/servers/s3.ts';
import { asActivity, connect, runner, secrets, type Kong } from '../kong-adapter/fixture.ts';
import { http } from '../nodes/fixture.ts';

const path = process.env['PATH'] ?? '';
const programs = createPostgresPrograms(path);
export const store = createS3Store(secrets);
export const fingerprints = createFingerprints(connect);
export const scratchNodes = createScratchNodes(runner);

const objects = createBackupObjects(store, secrets);
const restore = createDumpRestore({
  connect,
  secrets,
  programs,
  objects,
  scratch: createScratchDatabases(connect),
  path,
});
const comparison = createDumpComparison(connect);
const backups = createBackupActivities({
  store,
  objects,
  dump: createDatabaseDump({ connect, secrets, programs, lock: createAdvisoryLock(connect), path }),
  restore,
  comparison,
  deck: createDeck(secrets, { PATH: path, HOME: '/' }),
  files: backupFiles,
  hasRunEnded: () => Promise.resolve(true),
  keyring: createKeyring(secrets),
});
const finishing = createFinishActivities({
  runner,
  http,
  restore,
  comparison,
  scratchNodes,
  runTests: createStageActivities({ http, secrets }).runTests,
  metrics: createKongMetrics(http),
  fingerprints,
  sessions: createReadSessions(connect),
  store,
});

export const backup: Pick<BackupActivities, 'dumpDatabase' | 'sealBackup'> = {
  dumpDatabase: (input) => asActivity(() => backups.dumpDatabase(input)),
  sealBackup: (input) => asActivity(() => backups.sealBackup(input)),
};

export const finish: Pick<FinishActivities, 'rehearseFinish' | 'readFinishFacts'> = {
  rehearseFinish: (input) => asActivity(() => finishing.rehearseFinish(input)),
  readFinishFacts: (input) => asActivity(() => finishing.readFinishFacts(input)),
};

export async function startStore(kong: Kong): Promise<{ ref: S3Ref; stop: () => Promise<void> }> {
  const s3 = await startS3({ dir: join(kong.dir, 's3'), buckets: ['backups'] });
  const ref: S3Ref = {
    bucket: 'backups',
    prefix: 'crossfade',
    region: s3.region,
    endpoint: s3.endpoint,
    pathStyle: true,
    accessKeyId: s3.accessKeyId,
    secretAccessKey: { env: 'S3_SECRET' },
  };
  return { ref, stop: () => s3.stop() };
}
