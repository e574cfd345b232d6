import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRemoveOldBackups } from '../../src/activities/backup/remove-old-backups.ts';
import { findBackups } from '../../src/activities/backup/find-backups.ts';
import type { ObjectStore } from '../../src/adapters/object-store/port.ts';
import { clusterFolder } from '../../src/domain/backup.ts';
import { outOfDate, type BackupRow } from '../../src/domain/backups/index.ts';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import type { S3Ref } from '../../src/domain/plan/index.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import { inActivity } from '../freeze/fixture.ts';
import { bytes, listKeys, startServer, store, type S3Server } from './s3-fixture.ts';
import { DAY, NOW, setAge, storeBackup, upgradeOf, type StoredBackup } from './stored-backup.ts';

describe('what is out of date', () => {
  const row = fc
    .record({ age: fc.integer({ min: -5, max: 100 }), verified: fc.boolean(), id: fc.uuid() })
    .map(({ age, verified, id }) => {
      const takenAt = new Date(NOW - age * DAY).toISOString();
      return { id, takenAt, verified } as BackupRow;
    });
  const rows = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 30 });
  const retention = fc.record({ days: fc.integer({ min: 1, max: 60 }), atLeast: fc.integer({ min: 1, max: 6 }) });
  const age = ({ takenAt }: BackupRow) => (NOW - Date.parse(takenAt)) / DAY;

  test('is older than the plan says, leaves the newest whole ones, and is everything else; oldest first', () => {
    fc.assert(
      fc.property(rows, retention, (all, { days, atLeast }) => {
        const old = outOfDate(all, { days, atLeast }, new Date(NOW).toISOString());
        expect(old.every((one) => age(one) > days)).toBe(true);
        expect(old.map(age)).toEqual(old.map(age).sort((a, b) => b - a));
        const left = all.filter((one) => !old.includes(one));
        const whole = all.filter(({ verified }) => verified);
        const newest = left.filter(({ verified }) => verified);
        expect(newest.length).toBeGreaterThanOrEqual(Math.min(atLeast, whole.length));
        // Nothing that went is newer than a whole one that stayed, and nothing stayed without a reason.
        for (const gone of old.filter(({ verified }) => verified))
          expect(newest.filter((one) => age(one) <= age(gone)).length).toBeGreaterThanOrEqual(atLeast);
        const stayedOld = left.filter((one) => age(one) > days);
        expect(stayedOld.length).toBeLessThanOrEqual(atLeast);
        expect(stayedOld.every(({ verified }) => verified)).toBe(true);
      }),
    );
  });
});

let server: S3Server;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());
afterEach(async () => {
  await store.remove(server.ref, await listKeys(server.ref, ''));
});

const backUp = (age: number, options?: StoredBackup) => storeBackup(server, age, options);

interface World {
  readonly s3?: S3Ref;
  readonly on?: ObjectStore;
  readonly days?: number;
  readonly atLeast?: number;
  readonly me?: UpgradeRef;
  readonly running?: readonly UpgradeRef[];
}

const asked: string[] = [];
function remove({ s3 = server.ref, on = store, days = 30, atLeast = 1, me = upgradeOf(0), running = [] }: World = {}) {
  asked.length = 0;
  const hasRunEnded = (workflowId: string, runId: string) => {
    asked.push(`${workflowId} ${runId}`);
    return Promise.resolve(!running.some((one) => one.runId === runId));
  };
  const { removeOldBackups } = inActivity({ removeOldBackups: createRemoveOldBackups({ store: on, hasRunEnded }) });
  return removeOldBackups({ s3, upgrade: me, retention: { days, atLeast } });
}

const left = async (s3 = server.ref) => (await findBackups(store, s3, 'payments')).map(({ row }) => row.id);

test('old ones go, oldest first; the newest whole ones, reports and other clusters stay', async () => {
  const old = [await backUp(90), await backUp(60), await backUp(40)];
  const both = await backUp(90, { label: 'before-finish', upgrade: old[0]!.upgrade });
  const young = await backUp(10);
  const report = `${old[0]!.keys.folder.replace(/before\/$/, '')}report.json`;
  const beside = clusterFolder('crossfade', 'payments-eu') + 'x/before/manifest.json';
  for (const key of [report, beside]) await store.put(server.ref, key, bytes('{}'));
  expect(await remove({ atLeast: 2 })).toEqual({
    removed: [both.id, old[0]!.id, old[1]!.id].sort((a, b) => a.localeCompare(b)),
    kept: 2,
    notRemoved: [],
  });
  expect(await left()).toEqual([young.id, old[2]!.id]);
  expect(await listKeys(server.ref, '')).toEqual(expect.arrayContaining([report, beside]));
  expect(await remove({ atLeast: 2 })).toEqual({ removed: [], kept: 2, notRemoved: [] });
});

test('what is not whole counts for nothing and goes by its age: a dead attempt, one that lacks an object', async () => {
  const whole = await backUp(80);
  const broken = await backUp(50);
  await store.remove(server.ref, [broken.keys.dump]);
  const dead = await backUp(45, { manifest: false });
  const dying = await backUp(20, { manifest: false });
  expect(await remove()).toEqual({ removed: [broken.id, dead.id], kept: 2, notRemoved: [] });
  expect(await left()).toEqual([dying.id, whole.id]);
  // Where there is no manifest, the folder tells the run.
  expect(asked).toContain(`kong/payments ${dead.upgrade.runId}`);
});

test('never that of an upgrade that has not ended, nor of the one that asks; Temporal is asked by workflow and run', async () => {
  const [held, mine, ended] = [await backUp(90), await backUp(91), await backUp(92)];
  const young = await backUp(1);
  const result = await remove({ running: [held.upgrade], me: mine.upgrade });
  expect(result).toEqual({ removed: [ended.id], kept: 3, notRemoved: [`${held.id}: its upgrade has not ended`] });
  expect(asked.sort()).toEqual([held, ended].map(({ upgrade }) => `kong/payments ${upgrade.runId}`).sort());
  expect(await left()).toEqual([young.id, held.id, mine.id]);
});

test('it stays when Temporal can not be asked, or when its manifest is of another version', async () => {
  const [old, newer] = [await backUp(90), await backUp(91)];
  await backUp(1);
  await store.put(server.ref, newer.keys.manifest, bytes('{"format":2}'));
  await setAge(server, server.ref, newer.keys.folder, 91);
  const hasRunEnded = () => Promise.reject(new Error('no connection'));
  const { removeOldBackups } = inActivity({ removeOldBackups: createRemoveOldBackups({ store, hasRunEnded }) });
  const input = { s3: server.ref, upgrade: upgradeOf(0), retention: { days: 30, atLeast: 1 } };
  expect(await removeOldBackups(input)).toEqual({
    removed: [],
    kept: 3,
    notRemoved: [
      `${newer.id}: its manifest does not count: ${newer.keys.manifest} is not what was written there.`,
      `${old.id}: Temporal could not be asked whether its upgrade has ended: no connection`,
    ],
  });
});

test('a crash in the middle leaves no valid backup, and the next time the rest goes', async () => {
  const old = await backUp(90);
  await backUp(1);
  let calls = 0;
  const dying: ObjectStore = {
    ...store,
    remove: (s3, keys, signal) => {
      if (++calls === 2) throw new Error('the worker dies');
      return store.remove(s3, keys, signal);
    },
  };
  await expect(remove({ on: dying })).rejects.toThrow('the worker dies');
  expect((await findBackups(store, server.ref, 'payments')).find(({ row }) => row.id === old.id)?.row).toMatchObject({
    verified: false,
    fault: expect.stringContaining('no manifest') as string,
  });
  expect(await remove()).toMatchObject({ removed: [old.id], kept: 1 });
});

test('what can not be removed is named, and does not hide what was', async () => {
  const [old, older] = [await backUp(90), await backUp(100)];
  await backUp(1);
  const failing: ObjectStore = {
    ...store,
    remove: (s3, keys, signal) => {
      if (keys.some((key) => key.includes(older.id) && !key.endsWith('manifest.json')))
        throw new CrossfadeError('S3Unreachable', 'the server answers 500');
      return store.remove(s3, keys, signal);
    },
  };
  expect(await remove({ on: failing })).toEqual({
    removed: [old.id],
    kept: 2,
    notRemoved: [`${older.id}: removed in part: the server answers 500`],
  });
});

test('what is locked is said, and is no error', async () => {
  const s3: S3Ref = { ...server.locked, lock: { mode: 'governance', days: 365 } };
  const old = await backUp(90, { s3 });
  await backUp(1, { s3 });
  expect(await remove({ s3 })).toEqual({
    removed: [],
    kept: 2,
    notRemoved: [expect.stringMatching(new RegExp(`^${old.id}: it is locked until`)) as string],
  });
  expect(await left(s3)).toContain(old.id);
});
