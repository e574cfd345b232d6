import { readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { freeze, sql, withoutAdmin } from '../freeze/fixture.ts';
import { useBackups } from './database-fixture.ts';
import { backupActivities, lock, makeLarge, realDeps, store } from './fixture.ts';

const b = useBackups();
const { byHand, drill, dump, fileOf, fingerprint, inScratch, scratchNames, seal } = b;

describe('a dump that was taken while frozen', () => {
  beforeEach(async () => void (await freeze.freezeConfiguration({ database: b.database, upgrade: b.me })));

  test('is stored, read back, listed and restored; row counts and fingerprint are equal; nothing is left', async () => {
    await freeze.takeBaseline({ database: b.database, upgrade: b.me, label: 'freeze' });
    const object = await dump();
    expect(object).toMatchObject({
      kind: 'database',
      source: b.database.name,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(object.key).toBe(`crossfade/payments/2026-01-01T00-00-00-000Z_${b.me.runId}/before/database.dump.zst`);
    expect(object.packing).toEqual(['zstd']);
    expect(object.content).toBeGreaterThan(object.size);
    const sealed = await seal([object]);
    expect(sealed).toMatchObject({ verified: true, restored: false, encrypted: false, bytes: object.size, objects: 1 });
    expect(await drill(sealed)).toEqual({ ...sealed, restored: true });
    expect(await scratchNames()).toEqual([]);
    const manifest = JSON.parse(readFileSync(fileOf(sealed.manifestKey), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      format: 1,
      cluster: 'payments',
      label: 'before',
      versions: { x: '3.6.1' },
      objects: [object],
      database: {
        fingerprint: await fingerprint(),
        server: expect.stringMatching(/^\d+\.\d+/) as string,
        program: expect.stringMatching(/^pg_dump \(PostgreSQL\)/) as string,
        rows: { 'public.services': 1, 'public.routes': 1, 'public.keyauth_credentials': 2 },
      },
    });
  });

  test('restores by hand, by any pg_restore, without an error, into a database that takes writes', async () => {
    const { key } = await dump();
    const restored = await byHand('by_hand', `zstd -d < "${fileOf(key)}"`);
    await sql(restored, "UPDATE services SET name = 'written'; DELETE FROM routes; TRUNCATE consumers CASCADE");
    await freeze.proveWritable({ database: restored });
    expect(
      await sql(
        restored,
        "SELECT relname FROM pg_class WHERE relnamespace = 'crossfade'::regnamespace AND relkind = 'r'",
      ),
    ).toEqual([]);
    await freeze.thawConfiguration({ database: withoutAdmin(restored), upgrade: b.me });
    expect(await sql(restored, "SELECT FROM pg_trigger WHERE tgname LIKE 'crossfade%'")).toEqual([]);
  });

  test('our own restore leaves no trace of the guard', async () => {
    const sealed = await seal([await dump()]);
    await inScratch(sealed, async (restored) => {
      expect(await sql(restored, "SELECT FROM pg_trigger WHERE tgname LIKE 'crossfade%'")).toEqual([]);
      expect(await sql(restored, "SELECT FROM pg_namespace WHERE nspname = 'crossfade'")).toEqual([]);
      await sql(restored, "UPDATE services SET name = 'written'");
    });
    expect(await scratchNames()).toEqual([]);
  });
});

test('again, after a crash at any point, gives one valid backup under the same keys', async () => {
  const first = await dump();
  const second = await dump();
  expect(second.key).toBe(first.key);
  const sealed = await seal([second]);
  expect(await seal([second])).toMatchObject({ manifestKey: sealed.manifestKey });
});

test('once it is written over, a backup is not whole until the new manifest is there', async () => {
  const { manifestKey } = await drill(await seal([await dump()]));
  await dump();
  expect(await store.head(b.servers.ref, manifestKey)).toBeUndefined();
  expect(await store.head(b.servers.ref, manifestKey.replace('manifest', 'drill'))).toBeUndefined();
});

test(
  'a dump in many parts; counters that nodes write meanwhile do not disturb the drill',
  { timeout: 180_000 },
  async () => {
    await makeLarge(b.database, 80);
    const counting = { on: true };
    const writer = (async () => {
      while (counting.on)
        await sql(
          b.database,
          "INSERT INTO ratelimiting_metrics (identifier, period, period_date, service_id, route_id, value) VALUES (gen_random_uuid(), 'minute', now(), gen_random_uuid(), gen_random_uuid(), 1)",
        );
    })();
    const object = await dump();
    counting.on = false;
    await writer;
    expect(object.size).toBeGreaterThan(16 * 1024 * 1024);
    expect(await drill(await seal([object]))).toMatchObject({ restored: true });
  },
);

test('one flipped byte is found by the seal and by the drill, which leaves no scratch database', async () => {
  const object = await dump();
  const sealed = await seal([object]);
  const bytes = readFileSync(fileOf(object.key));
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  writeFileSync(fileOf(object.key), bytes);
  const damaged = { code: 'BackupDamaged', message: expect.stringContaining(object.key) as string };
  await expect(seal([object])).rejects.toMatchObject(damaged);
  await expect(drill(sealed)).rejects.toMatchObject(damaged);
  expect(await scratchNames()).toEqual([]);
});

test('a dump of another configuration than the baseline is not sealed', async () => {
  const object = await dump();
  await sql(b.database, "UPDATE services SET name = 'changed after the dump'");
  await expect(seal([object])).rejects.toMatchObject({ code: 'BackupOfAnotherState' });
});

test('a restored database that differs is told by table', async () => {
  const object = await dump();
  const sealed = await seal([object]);
  const lying = backupActivities({
    restore: {
      ...realDeps.restore,
      inScratch: (from, manifest, scratch, how, use) =>
        realDeps.restore.inScratch(from, manifest, scratch, how, async (copy) => {
          await sql(copy, 'DELETE FROM plugins');
          return use(copy);
        }),
    },
  });
  await expect(
    lying.drillRestore({ database: b.database, s3: b.servers.ref, upgrade: b.me, backup: sealed }),
  ).rejects.toMatchObject({
    code: 'RestoreDiffers',
    message: expect.stringMatching(/public\.plugins had 1 and has 0.*fingerprint/) as string,
  });
  expect(await scratchNames()).toEqual([]);
});

test('never beside a migration', async () => {
  await lock.hold(b.database, 'payments', async () => {
    await expect(dump()).rejects.toMatchObject({ code: 'MigrationLockHeld' });
  });
});

test('names with quotes and letters of all kinds, bytes, an empty table', async () => {
  await sql(
    b.database,
    `CREATE TABLE "Größe ""quoted"" 表" (id int, "ä'b" bytea); INSERT INTO "Größe ""quoted"" 表" SELECT 1, decode(repeat('00ff', 100000), 'hex');
     CREATE TABLE empty_one ()`,
  );
  expect(await drill(await seal([await dump()]))).toMatchObject({ restored: true });
});
