import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { RestoreActivities } from '../../src/activities/contract.ts';
import { createRestoreActivities, type RestoreDeps } from '../../src/activities/restore/index.ts';
import { backupFiles } from '../../src/adapters/files/index.ts';
import { newFolders } from '../../src/adapters/files/unpack.ts';
import { createKongHttp } from '../../src/adapters/kong/http.ts';
import { createRestoreLooks } from '../../src/adapters/postgres/restore-look.ts';
import { createDatabaseSwap } from '../../src/adapters/postgres/swap.ts';
import { backupId, backupKeys, type BackupLabel, type StoredObject } from '../../src/domain/backup.ts';
import type { DatabaseRef, Encrypt, S3Ref, Side } from '../../src/domain/plan/index.ts';
import { addressesOf } from '../../src/domain/plan/addresses.ts';
import { restoreNames, type RestoreNames } from '../../src/domain/restore/index.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import { backupActivities, bytes, connect, realDeps, secrets, startServers, type Servers } from '../backup/fixture.ts';
import { fingerprints, inActivity, PASSWORD, upgrade } from '../freeze/fixture.ts';
import { runner } from '../kong-adapter/fixture.ts';

export { connect, startServers, type Servers };

export const looks = createRestoreLooks(connect);
export const swap = createDatabaseSwap(connect);

export const restoreActivities = (overrides: Partial<RestoreDeps> = {}): RestoreActivities =>
  inActivity(
    createRestoreActivities({
      ...realDeps,
      usableSearchAttributes: () => Promise.resolve([]),
      ...{ http: createKongHttp(secrets), runner, looks, swap, folders: newFolders },
      ...overrides,
    }),
  );

export const restore = restoreActivities();
const backup = backupActivities();

let count = 0;

/** A run of its own. */
export const nextRun = (): UpgradeRef => upgrade(`${(count += 1).toString(16).padStart(8, '0')}-cafe`);

export interface Taken {
  readonly id: string;
  readonly manifestKey: string;
  readonly objects: readonly StoredObject[];
}

/** A backup as an upgrade takes it, with one object of each kind. `dir`: where a static file of it is made. */
export async function takeBackup(
  { ref: s3 }: Servers,
  database: DatabaseRef,
  dir: string,
  {
    encrypt,
    label = 'before' as BackupLabel,
    x = '3.6.1',
  }: { encrypt?: Encrypt; label?: BackupLabel; x?: string } = {},
): Promise<Taken> {
  const run = nextRun();
  const to = { s3, ...(encrypt === undefined ? {} : { encrypt }), upgrade: run, label };
  const keys = backupKeys(s3.prefix, run, label);
  const conf = join(mkdtempSync(join(dir, 'etc-')), 'kong.conf');
  writeFileSync(conf, 'log_level = notice\n', { mode: 0o640 });
  const { entries } = await backupFiles.find([conf], []);
  const write = (kind: 'deck' | 'keyring' | 'files', key: string, content: AsyncIterable<Uint8Array>) =>
    realDeps.objects.write({ s3, encrypt }, { kind, key, source: 'here', compress: kind === 'files' }, content);
  const objects = [
    await backup.dumpDatabase({ database, ...to, leaveOut: [] }),
    await write('deck', keys.deck('default'), bytes('_format_version: "3.0"\n')),
    await write('keyring', keys.keyring, bytes('{"keys":[]}')),
    await write('files', keys.files('here'), backupFiles.archive(entries)),
  ];
  const { manifestKey } = await backup.sealBackup({
    ...{ ...to, objects, versions: { x, y: '3.7.1' }, startedAt: run.startedAt },
    fingerprint: (await fingerprints.compute(database)).whole,
  });
  return { id: backupId(s3.prefix, run.cluster, manifestKey), manifestKey, objects };
}

/** One restore, step by step as the workflow makes them. */
export interface Steps {
  readonly names: RestoreNames;
  readonly run: UpgradeRef;
  check(only?: 'database' | 'files'): ReturnType<RestoreActivities['checkBackup']>;
  look(restored?: number): ReturnType<RestoreActivities['lookBeforeSwap']>;
  beside(): ReturnType<RestoreActivities['restoreBeside']>;
  swap(numbers: { present?: number; restored: number }): Promise<void>;
  /** All of them. */
  whole(): ReturnType<RestoreActivities['restoreBeside']>;
  drop(restored?: number): ReturnType<RestoreActivities['dropRestored']>;
}

export interface Target {
  readonly s3: S3Ref;
  readonly database: DatabaseRef;
  readonly x: Side;
  readonly y: Side;
  readonly encrypt?: Encrypt;
  readonly activities?: RestoreActivities;
}

export function stepsOf(taken: Taken, { s3, database, x, y, encrypt, activities = restore }: Target): Steps {
  const run = nextRun();
  const names = restoreNames(database.name, run);
  const from = { s3, ...(encrypt === undefined ? {} : { encrypt }) };
  const source = { ...from, manifestKey: taken.manifestKey };
  const on = { database, names };
  const steps: Steps = {
    ...{ names, run },
    check: (only) =>
      activities.checkBackup({
        ...{ ...from, cluster: 'payments', backup: taken.id, x: x.version, runId: run.runId },
        ...(only === undefined ? {} : { only }),
      }),
    look: (restored) =>
      activities.lookBeforeSwap({
        ...{ ...source, ...on, x: addressesOf(x), y: addressesOf(y), workflowId: run.workflowId },
        ...(restored === undefined ? {} : { restored }),
      }),
    beside: () => activities.restoreBeside({ ...source, ...on }),
    swap: (numbers) => activities.swapNames({ ...on, numbers }),
    drop: (restored) => activities.dropRestored({ ...on, ...(restored === undefined ? {} : { restored }) }),
    async whole() {
      await steps.check();
      const result = await steps.beside();
      const { restored } = result;
      await activities.askX({ cluster: x, ...on });
      const { present, obstacles } = await steps.look(restored);
      if (obstacles.length > 0) throw new Error(obstacles.join('; '));
      await steps.swap({ ...(present === undefined ? {} : { present: present.oid }), restored });
      return result;
    },
  };
  return steps;
}

/** Objects of the S3 server are files. */
export const fileOf = ({ kong }: Servers, key: string): string => join(kong.dir, 's3/objects/backups', key);

export function flipOneByte(file: string): void {
  const content = readFileSync(file);
  const at = content.length >> 1;
  content.writeUInt8(content.readUInt8(at) ^ 1, at);
  writeFileSync(file, content);
}

/** A session in a database that is not Crossfade's; the caller ends it. */
export async function somebodyIn(database: DatabaseRef, name = 'psql'): Promise<Client> {
  const { host, port } = database;
  const client = new Client({
    ...{ host, port, database: database.name, user: 'kong', password: PASSWORD, application_name: name },
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The databases of the server, by number. */
export async function databases({ kong }: Servers): Promise<Record<number, string>> {
  const rows = await kong.postgres.query('SELECT oid::int AS oid, datname AS name FROM pg_database', 'postgres');
  return Object.fromEntries(rows.map((row) => [row['oid'], row['name']])) as Record<number, string>;
}
