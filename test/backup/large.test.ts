import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackupRef, StoredObject } from '../../src/domain/backup.ts';
import { doneRatio, readProgress } from '../../src/domain/status/render-progress.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { fingerprints, sql, upgrade } from '../freeze/fixture.ts';
import { letWork } from './disaster.ts';
import { startServers, type Servers } from './fixture.ts';

const MB = 1_000_000;
const GB = 1_000 * MB;
/** A generous bound: garbage is collected later on a machine that has much else to do. */
const MOST_GROWTH = 400 * MB;

let servers: Servers;
let database: DatabaseRef;
const me = upgrade();

beforeAll(async () => {
  servers = await startServers();
  database = await servers.kong.database('3.6.1');
});
afterAll(() => servers.stop());

// 2.6 GB that take little room on any disk, and 200 MB that nothing makes smaller, twice as many in a dump: enough parts for an upload
// that would keep them all to be seen.
const threeGb = (compression: string) => `
  CREATE TABLE large (id int PRIMARY KEY, text text COMPRESSION ${compression}, noise bytea);
  ALTER TABLE large ALTER noise SET STORAGE EXTERNAL;
  INSERT INTO large SELECT n, repeat(md5(n::text) || repeat('x', 1000000), 26), NULL FROM generate_series(1, 100) n;
  INSERT INTO large SELECT 1000 + n, NULL, (SELECT string_agg(sha512((n || ' ' || m)::bytea), '') FROM generate_series(1, 16384) m)
    FROM generate_series(1, 200) n`;

/** The faster one, where the server has it. */
async function compression(): Promise<string> {
  const [row] = await sql(
    database,
    "SELECT 'lz4' = ANY (enumvals) AS lz4 FROM pg_settings WHERE name = 'default_toast_compression'",
  );
  return row?.['lz4'] === true ? 'lz4' : 'pglz';
}

test('a table of 3 GB goes through a worker whose memory stays small', { timeout: 600_000 }, async () => {
  await sql(database, threeGb(await compression()));
  const s3 = servers.ref;
  const target = { s3, upgrade: me, label: 'before' };
  const dumped = await letWork({ activity: 'dumpDatabase', input: { ...target, database, leaveOut: [] } });
  const object = dumped.result as StoredObject;
  expect(object.content).toBeGreaterThan(3 * GB);
  expect(object.size).toBeGreaterThan(200 * MB);

  const sealing = {
    ...{ objects: [object], versions: {}, startedAt: me.startedAt },
    fingerprint: (await fingerprints.compute(database)).whole,
  };
  const sealed = await letWork({ activity: 'sealBackup', input: { ...target, ...sealing } });
  const backup = sealed.result as BackupRef;
  const drilled = await letWork({ activity: 'drillRestore', input: { s3, database, upgrade: me, backup } });
  expect(drilled.result).toMatchObject({ verified: true, restored: true });

  for (const { grown, reports } of [dumped, sealed, drilled]) {
    expect(grown).toBeLessThan(MOST_GROWTH);
    // How far it is, of how much, and how fast.
    const progress = reports.map(readProgress).filter((one) => one !== undefined);
    expect(Math.max(...progress.map(({ bytes }) => bytes))).toBeGreaterThan(20 * MB);
    expect(progress.some(({ total = 0, perSecond = 0 }) => total > 0 && perSecond > 0)).toBe(true);
    for (const one of progress) expect(doneRatio(one)).toBeLessThan(1);
  }
});
