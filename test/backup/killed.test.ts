import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { backupKeys, type BackupRef, type StoredObject } from '../../src/domain/backup.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { again } from '../crash/again.ts';
import { fingerprints, upgrade } from '../freeze/fixture.ts';
import { keysBelow, killWorker, NOTHING, programsOf, whatIsLeft, whatStays } from './disaster.ts';
import { backupActivities, makeLarge, startServers, store, type Servers } from './fixture.ts';
import { stopping, type Stop } from './stopping.ts';

// On a machine that has much else to do.
vi.setConfig({ testTimeout: 300_000 });

const MB = 1024 * 1024;
const PART = 16 * MB;

let servers: Servers;
let database: DatabaseRef;
let fingerprint: string;
let run = 0;
let me = upgrade();
const backup = backupActivities();

beforeAll(async () => {
  servers = await startServers();
  database = await servers.kong.database('3.6.1');
  // More than one part, compressed or not.
  await makeLarge(database, 90);
  fingerprint = (await fingerprints.compute(database)).whole;
});
afterAll(() => servers.stop());
afterEach(async () => {
  // What a test that failed did not bring back.
  const { kong, s3 } = servers;
  if (!s3.process.isRunning()) await s3.start();
  if (!kong.postgres.process.isRunning()) await kong.postgres.start();
});
beforeEach(() => void (me = upgrade(`run-${(run += 1)}`)));

const target = () => ({ s3: servers.ref, upgrade: me, label: 'before' as const });
const keys = () => backupKeys(servers.ref.prefix, me, 'before');
const toDump = () => ({ ...target(), database, leaveOut: [] });
const toSeal = (dumped: StoredObject) => ({
  ...target(),
  ...{ objects: [dumped], fingerprint, versions: { x: '3.6.1' }, startedAt: me.startedAt },
});
const toDrill = (taken: BackupRef) => ({ s3: servers.ref, database, upgrade: me, backup: taken });
const dump = () => backup.dumpDatabase(toDump());
const seal = (dumped: StoredObject) => backup.sealBackup(toSeal(dumped));
const drill = (taken: BackupRef) => backup.drillRestore(toDrill(taken));

/** The backup is whole and proved, there is nothing else in its folder, and nothing is left anywhere. */
async function oneValidBackup(dumped: StoredObject): Promise<void> {
  expect(await drill(await seal(dumped))).toMatchObject({ verified: true, restored: true });
  const { folder, facts, manifest } = keys();
  const expected = [dumped.key, facts, manifest].map((key) => key.slice(folder.length));
  expect((await keysBelow(servers, folder)).filter((key) => key !== 'drill.json').sort()).toEqual(expected.sort());
  expect(await whatStays(servers)).toEqual(NOTHING);
}

/** Something happens in the middle, once. */
const unlucky = (stop: Stop, then: () => unknown) => backupActivities({ store: stopping(store, stop, then) });

const killed = (activity: 'dumpDatabase' | 'sealBackup' | 'drillRestore', input: unknown, stop: Stop) =>
  killWorker({ activity, input, stop });

const kill = (pid: number): void => void process.kill(pid, 'SIGKILL');
const killS3 = async (): Promise<void> => {
  kill(servers.s3.process.pid);
  await servers.s3.stop();
};
/** As `pg_ctl stop -m immediate`. */
const killPostgres = async (): Promise<void> => {
  const { postgres } = servers.kong;
  process.kill(postgres.process.pid, 'SIGQUIT');
  await postgres.stop();
};

test.each<[string, Stop]>([
  ['the first bytes', { at: 'put', key: 'database.dump', after: 1 }],
  ['the first part', { at: 'put', key: 'database.dump', after: PART + MB }],
  ['the last byte', { at: 'put', key: 'database.dump', after: 'end' }],
  ['the dump, before its facts', { at: 'put', key: 'database.json', after: 'end' }],
])('the worker is killed after %s of a dump: the next attempt gives one valid backup', async (_, stop) => {
  await killed('dumpDatabase', toDump(), stop);
  const there = await keysBelow(servers, keys().folder);
  if (stop.key === 'database.dump') expect(there).toEqual([]);
  else expect(there).toHaveLength(1);
  await oneValidBackup(await dump());
});

test.each<[string, 'put' | 'get', string]>([
  ['it reads the dump back', 'get', 'database.dump'],
  ['it writes the manifest', 'put', 'manifest.json'],
])('the worker is killed while %s: there is no manifest, and the next attempt writes it', async (_, at, key) => {
  const dumped = await dump();
  await killed('sealBackup', toSeal(dumped), { at, key, after: at === 'get' ? MB : 'end' });
  expect(await keysBelow(servers, keys().folder)).not.toContain('manifest.json');
  await oneValidBackup(dumped);
});

test('the worker is killed in the middle of the drill: the next attempt drops what it left', async () => {
  const dumped = await dump();
  const sealed = await seal(dumped);
  await killed('drillRestore', toDrill(sealed), { at: 'get', key: 'database.dump', after: 10 * MB });
  expect((await whatIsLeft(servers)).databases).toHaveLength(1);
  await oneValidBackup(dumped);
});

test('the S3 server is killed in the middle of a dump and comes back', async () => {
  const stop: Stop = { at: 'put', key: 'database.dump', after: PART + MB };
  await expect(unlucky(stop, killS3).dumpDatabase(toDump())).rejects.toMatchObject({ code: 'S3Unreachable' });
  await servers.s3.start();
  expect(await keysBelow(servers, keys().folder)).toEqual([]);
  await oneValidBackup(await again(dump));
});

test('the S3 server is killed while a dump is read back or restored, and comes back', async () => {
  const dumped = await dump();
  const stop: Stop = { at: 'get', key: 'database.dump', after: MB };
  await expect(unlucky(stop, killS3).sealBackup(toSeal(dumped))).rejects.toMatchObject({ code: 'S3Unreachable' });
  await servers.s3.start();
  const sealed = await seal(dumped);
  await expect(unlucky(stop, killS3).drillRestore(toDrill(sealed))).rejects.toMatchObject({ code: 'S3Unreachable' });
  await servers.s3.start();
  await oneValidBackup(dumped);
});

test('PostgreSQL is stopped at once in the middle of a dump and comes back', async () => {
  const stop: Stop = { at: 'put', key: 'database.dump', after: PART + MB };
  const failed = unlucky(stop, killPostgres).dumpDatabase(toDump());
  await expect(failed).rejects.toMatchObject({ kind: { retryable: true } });
  await servers.kong.postgres.start();
  expect(await keysBelow(servers, keys().folder)).toEqual([]);
  await oneValidBackup(await again(dump));
});

test('PostgreSQL is stopped at once in the middle of the drill and comes back', async () => {
  const dumped = await dump();
  const sealed = await seal(dumped);
  const stop: Stop = { at: 'get', key: 'database.dump', after: 10 * MB };
  const failed = unlucky(stop, killPostgres).drillRestore(toDrill(sealed));
  await expect(failed).rejects.toMatchObject({ kind: { retryable: true } });
  await servers.kong.postgres.start();
  await oneValidBackup(dumped);
});

test('pg_dump is killed in the middle, and pg_restore', async () => {
  const killPrograms = () => programsOf(servers.kong.postgres.port).forEach(({ pid }) => kill(pid));
  const dumping: Stop = { at: 'put', key: 'database.dump', after: PART + MB };
  const failed = unlucky(dumping, killPrograms).dumpDatabase(toDump());
  await expect(failed).rejects.toMatchObject({ code: 'DumpFailed' });
  expect(await keysBelow(servers, keys().folder)).toEqual([]);
  expect(await whatStays(servers)).toEqual(NOTHING);
  const dumped = await dump();
  const sealed = await seal(dumped);
  const restoring: Stop = { at: 'get', key: 'database.dump', after: 10 * MB };
  const drilled = unlucky(restoring, killPrograms).drillRestore(toDrill(sealed));
  await expect(drilled).rejects.toMatchObject({ code: 'RestoreInterrupted' });
  expect(await whatStays(servers)).toEqual(NOTHING);
  await oneValidBackup(dumped);
});

/** A dump that waits in the middle until it is told to go on. */
function slow(after: Stop['after']) {
  const [reached, goOn] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const { dumpDatabase } = unlucky({ at: 'put', key: 'database.dump', after }, () => {
    reached.resolve(undefined);
    return goOn.promise;
  });
  const ended = dumpDatabase(toDump());
  // It is looked at later.
  ended.catch(() => undefined);
  return { ended, reached: Promise.race([reached.promise, ended]), goOn: () => goOn.resolve(undefined) };
}

test.each<[string, number | 'end']>([
  ['before it has sent a part', 1],
  ['with parts under way', PART + MB],
  ['when all is sent', 'end'],
])(
  'an attempt that was given up for dead comes back %s: the backup made meanwhile stays as it is',
  async (_, after) => {
    const late = slow(after);
    await late.reached;
    const dumped = await dump();
    const sealed = await seal(dumped);
    late.goOn();
    await expect(late.ended).rejects.toMatchObject({ kind: { retryable: true } });
    expect(await drill(sealed)).toMatchObject({ restored: true });
    await oneValidBackup(dumped);
  },
);

test('it comes back while the next attempt is at work: that one is not disturbed', async () => {
  const late = slow(PART + MB);
  await late.reached;
  const next = slow(PART + 2 * MB);
  await next.reached;
  late.goOn();
  await expect(late.ended).rejects.toMatchObject({ kind: { retryable: true } });
  next.goOn();
  await oneValidBackup(await next.ended);
});
