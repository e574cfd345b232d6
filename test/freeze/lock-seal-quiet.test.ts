import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAdvisoryLock } from '../../src/adapters/postgres/advisory-lock.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import {
  asKong,
  connect,
  CONTENT,
  freeze,
  guard,
  seals,
  session,
  sql,
  startKongDatabases,
  upgrade,
  withAdmin,
  type Kong,
} from './fixture.ts';

let kong: Kong;
let database: DatabaseRef;
const me = upgrade();

beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(() => kong.stop());
beforeEach(async () => {
  database = withAdmin(await kong.database('3.6.1'));
  await sql(database, CONTENT);
});

test('the advisory lock: one migration; dumps beside each other, not beside a migration; who holds it', async () => {
  const lock = createAdvisoryLock(connect);
  const held = {
    code: 'MigrationLockHeld',
    message: expect.stringMatching(/application crossfade (migration|dump) payments/) as string,
  };
  await lock.hold(database, 'payments', async () => {
    await expect(lock.hold(database, 'other', () => Promise.resolve())).rejects.toMatchObject(held);
    await expect(lock.share(database, 'payments', () => Promise.resolve())).rejects.toMatchObject(held);
  });
  await lock.share(database, 'payments', () =>
    lock.share(database, 'payments', async () => {
      await expect(lock.hold(database, 'payments', () => Promise.resolve())).rejects.toMatchObject(held);
    }),
  );
  expect(await lock.hold(database, 'payments', () => Promise.resolve('free'))).toBe('free');
});

test('the advisory lock tells when its connection is lost', async () => {
  const lock = createAdvisoryLock(connect);
  const lost = lock.hold(database, 'payments', async (signal) => {
    await kong.postgres.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crossfade migration payments'",
    );
    await expect.poll(() => signal.aborted).toBe(true);
    return 'told';
  });
  expect(await lost).toBe('told');
});

test('the seal: written once, read by everybody, closed; another upgrade waits for that', async () => {
  expect(await seals.readSeal({ database, cluster: 'payments' })).toBeUndefined();
  await seals.closeSeal({ database, upgrade: me });
  const first = await seals.writeSeal({ database, upgrade: me, approvedBy: ['ann', 'bob'] });
  expect(first).toMatchObject({
    workflowId: 'kong/payments',
    runId: 'run-1',
    approvedBy: ['ann', 'bob'],
    closed: false,
  });
  expect(await seals.writeSeal({ database, upgrade: me, approvedBy: ['ann', 'bob'] })).toEqual(first);
  const other = upgrade('run-2');
  await expect(seals.writeSeal({ database, upgrade: other, approvedBy: [] })).rejects.toMatchObject({
    code: 'SealedByAnother',
  });
  await freeze.freezeConfiguration({ database, upgrade: me });
  await freeze.thawConfiguration({ database, upgrade: me });
  expect(await seals.readSeal({ database, cluster: 'payments' })).toEqual(first);
  await seals.closeSeal({ database, upgrade: me });
  expect(await seals.readSeal({ database, cluster: 'payments' })).toEqual({ ...first, closed: true });
  expect(await seals.writeSeal({ database, upgrade: other, approvedBy: ['eve'] })).toMatchObject({
    runId: 'run-2',
    closed: false,
  });
});

describe('quiet', () => {
  test('nobody writes', () => freeze.waitForQuiet({ database, quiet: 300, within: 60_000 }));

  test('what nodes write does not count, nor does the clean-up of expired rows', async () => {
    const quiet = freeze.waitForQuiet({ database, quiet: 1_500, within: 1_500 });
    await sql(database, 'UPDATE keyauth_credentials SET ttl = ttl WHERE false');
    await sql(database, "INSERT INTO locks (key) VALUES ('x'); DELETE FROM keyauth_credentials WHERE ttl < now()");
    await quiet;
  });

  test('a writer that goes on is named', async () => {
    const writer = await session(kong, database, asKong);
    let on = true;
    const writing = (async () => {
      while (on) await writer.query('UPDATE services SET name = gen_random_uuid()');
    })();
    await expect(freeze.waitForQuiet({ database, quiet: 500, within: 2_000 })).rejects.toMatchObject({
      code: 'NotQuiet',
      message: expect.stringContaining('Written: services') as string,
    });
    on = false;
    await writing;
    await writer.end();
  });

  test('a transaction that is open and has written is a writer', async () => {
    const writer = await session(kong, database, asKong);
    await writer.query("BEGIN; UPDATE routes SET name = 'w'");
    await expect(freeze.waitForQuiet({ database, quiet: 300, within: 600 })).rejects.toMatchObject({
      message: expect.stringContaining('routes') as string,
    });
    await writer.query('ROLLBACK');
    await writer.end();
  });
});

test('no free connection: tried again for a while, then an error that says so', async () => {
  await kong.postgres.query(`ALTER DATABASE ${database.name} CONNECTION LIMIT 0`, 'postgres');
  await expect(guard.read(database)).rejects.toMatchObject({ code: 'DatabaseFull' });
  const reading = guard.read(database);
  await kong.postgres.query(`ALTER DATABASE ${database.name} CONNECTION LIMIT -1`, 'postgres');
  expect(await reading).toMatchObject({ frozen: false });
});

test('wrong password, wrong database, no server: each by its name', async () => {
  const at = (changes: Partial<DatabaseRef>) =>
    freeze.freezeConfiguration({ database: { ...database, ...changes }, upgrade: me });
  await expect(at({ password: { env: 'WRONG' } })).rejects.toMatchObject({ code: 'DatabaseRefused' });
  await expect(at({ name: 'nowhere' })).rejects.toMatchObject({ code: 'DatabaseRefused' });
  await expect(at({ port: 1 })).rejects.toMatchObject({ code: 'DatabaseUnreachable' });
  await expect(at({ password: { env: 'WRONG' } })).rejects.not.toThrow('not-the-password');
});
