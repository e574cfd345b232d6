import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createFingerprints } from '../../src/adapters/postgres/fingerprint.ts';
import { createGuard } from '../../src/adapters/postgres/guard.ts';
import { createMigratorRole } from '../../src/adapters/postgres/migrator-role.ts';
import { throughLockOut } from '../../src/adapters/postgres/connect-locked-out.ts';
import { createLockOut } from '../../src/adapters/postgres/lock-out.ts';
import { createSeals } from '../../src/adapters/postgres/seal.ts';
import { createConnect } from '../../src/adapters/postgres/connect.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { crossfade } from '../cli/crossfade.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import { PASSWORD, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { connect, control, lockOut, nodeSession, roles } from './fixture.ts';

let kong: Kong;
let database: DatabaseRef;
const me = upgrade();
beforeAll(async () => {
  kong = await startKongDatabases();
  database = await kong.database('3.6.1');
});
afterEach(async () => void (await roles.letXIn({ database })));
afterAll(async () => {
  await control.close();
  await kong.stop();
});

const lock = (of = ['kong']) => roles.lockOutX({ database, upgrade: me, roles: of });
const mayLogOn = async (role: string) =>
  (await kong.postgres.query(`SELECT rolcanlogin FROM pg_roles WHERE rolname = '${role}'`, 'postgres'))[0]?.[
    'rolcanlogin'
  ];

test("X can't come back, Y goes on, and X may log on again afterwards", async () => {
  const role = `kong_3_7_1_${database.name}`;
  await roles.prepareRoleOfY({ database, role });
  const [x, y] = await Promise.all([nodeSession(database, 'kong'), nodeSession(database, role)]);
  await lock();
  await lock();
  await expect(x.query('SELECT 1')).rejects.toThrow();
  await expect(nodeSession(database, 'kong')).rejects.toThrow('not permitted to log in');
  expect((await y.query('SELECT current_user::text AS acts')).rows).toEqual([{ acts: 'kong' }]);
  await (await nodeSession(database, role)).end();

  expect(await roles.letXIn({ database })).toEqual({ roles: ['kong'], gone: [] });
  expect(await roles.letXIn({ database })).toEqual({ roles: [], gone: [] });
  await (await nodeSession(database, 'kong')).end();
  await y.end();
  await roles.dropRoleOfY({ database, role });
});

test('Crossfade gets in all the same, as the owner: guard, fingerprint, seal, the role of migrations', async () => {
  const guard = createGuard(connect);
  const seals = createSeals(connect);
  const fingerprints = createFingerprints(connect);
  const migrator = createMigratorRole(connect);
  await guard.install(database, me);
  await lock();
  await fingerprints.takeBaseline(database, me, 'locked out');
  expect((await fingerprints.drift(database, me)).total).toBe(0);
  await seals.write(database, me, ['ann']);
  const { user, password, close } = await migrator.open(database);
  const command = await nodeSession(database, user, { password });
  expect((await command.query('SELECT current_user::text AS acts')).rows).toEqual([{ acts: 'kong' }]);
  await command.end();
  await close();
  await guard.lift(database, me);
  await migrator.remove(database);
  await seals.close(database, me);
  expect(await mayLogOn('kong')).toBe(false);
});

test('a crash leaves the record: the next upgrade lifts it, with its own run', async () => {
  await lock();
  await roles.prepareRoleOfY({ database, role: `kong_3_9_1_${database.name}` });
  expect(await mayLogOn('kong')).toBe(true);
  await roles.dropRoleOfY({ database, role: `kong_3_9_1_${database.name}` });
});

test('a role that could not log on before can not afterwards', async () => {
  await kong.postgres.createRole('asleep', PASSWORD);
  await kong.postgres.query('ALTER ROLE asleep NOLOGIN', 'postgres');
  await lock(['kong', 'asleep']);
  expect(await roles.letXIn({ database })).toEqual({ roles: ['kong'], gone: [] });
  expect(await mayLogOn('asleep')).toBe(false);
});

test('a refused log-on that is no lock-out of ours is not hidden', async () => {
  await kong.postgres.query('ALTER ROLE kong NOLOGIN', 'postgres');
  await expect(connect(database)).rejects.toMatchObject({ code: 'DatabaseRefused' });
  await kong.postgres.query('ALTER ROLE kong LOGIN', 'postgres');
});

test('a role with sessions in another database of the server is not locked out', async () => {
  const other = await kong.database('3.6.1');
  const session = await nodeSession(other, 'kong');
  await expect(lock()).rejects.toMatchObject({
    code: 'RoleOfXShared',
    message: expect.stringContaining(`kong in ${other.name}`),
  });
  expect(await mayLogOn('kong')).toBe(true);
  await session.end();
});

test('an administrator that can not act as Kong’s role: nothing is locked, and the message says what to grant', async () => {
  await kong.postgres.query(`CREATE ROLE maker LOGIN CREATEROLE CREATEDB PASSWORD 'maker-password'`, 'postgres');
  const secrets = createSecrets({ KONG_DB_PASSWORD: PASSWORD, MAKER: 'maker-password' });
  const weak = { ...database, admin: { user: 'maker', password: { env: 'MAKER' } } };
  const mine = createLockOut(throughLockOut(createConnect(secrets)));
  expect(await mine.lift(weak)).toEqual({ roles: [], gone: [] });
  await expect(mine.lock(weak, me, ['kong'])).rejects.toMatchObject({
    code: 'DatabaseNotPermitted',
    message: expect.stringContaining('GRANT "kong" TO "maker"'),
  });
  expect(await mayLogOn('kong')).toBe(true);
  await kong.postgres.query('GRANT kong TO maker', 'postgres');
  await mine.lock(weak, me, ['kong']);
  expect(await mayLogOn('kong')).toBe(false);
  expect(await lockOut.lift(database)).toEqual({ roles: ['kong'], gone: [] });
});

test('a role that was dropped while it was locked out keeps nobody else out, and is told', async () => {
  await kong.postgres.createRole('kong_x', PASSWORD);
  await lock(['kong_x', 'kong']);
  await kong.postgres.query('DROP ROLE kong_x', 'postgres');
  expect(await roles.letXIn({ database })).toEqual({ roles: ['kong'], gone: ['kong_x'] });
  expect(await mayLogOn('kong')).toBe(true);
  expect(await roles.letXIn({ database })).toEqual({ roles: [], gone: [] });
});

test('Crossfade does not lock itself out, and nobody out for whom there is no other way in', async () => {
  await expect(lock(['kong', 'postgres'])).rejects.toMatchObject({
    code: 'RoleOfXIsOurs',
    message: expect.stringContaining('postgres'),
  });
  expect([await mayLogOn('kong'), await mayLogOn('postgres')]).toEqual([true, true]);

  await kong.postgres.query(`CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'postgres' IN ROLE kong`, 'postgres');
  const kept = { ...database, admin: { user: 'keeper', password: { env: 'ADMIN_PASSWORD' } } };
  await expect(lockOut.lock(kept, me, ['postgres'])).rejects.toMatchObject({ code: 'RoleOfXIsOurs' });
  expect(await mayLogOn('postgres')).toBe(true);
});

test('`crossfade thaw` lets X in with nothing but the database, unless `finish` has begun', async () => {
  const guard = createGuard(connect);
  const seals = createSeals(connect);
  const file = join(kong.dir, 'plan.json');
  writeFileSync(file, JSON.stringify(testPlan('payments', { database })));
  const env = { KONG_DB_PASSWORD: PASSWORD, ADMIN_PASSWORD: 'postgres' };
  const thaw = () => crossfade(['thaw', file, '--yes', '--by', 'ann'], { env });

  await guard.install(database, me);
  await lock();
  expect(await thaw()).toMatchObject({ code: 0 });
  expect(await mayLogOn('kong')).toBe(true);

  await lock();
  await guard.install(database, upgrade('run-2'));
  await seals.write(database, upgrade('run-2'), ['ann']);
  expect(await thaw()).toMatchObject({ code: 0, out: expect.stringContaining('locked out') });
  expect(await mayLogOn('kong')).toBe(false);
  await seals.close(database, upgrade('run-2'));
});
