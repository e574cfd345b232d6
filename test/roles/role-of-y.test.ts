import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { createGuard } from '../../src/adapters/postgres/guard.ts';
import { CONTROL_NAME } from '../../src/adapters/postgres/kept-connection.ts';
import { sql, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { connect, control, nodeSession, readSessions, roleOfY, roles, withAccessRules } from './fixture.ts';

let kong: Kong;
let database: DatabaseRef;
let role: string;
beforeAll(async () => {
  kong = await startKongDatabases();
  database = await kong.database('3.6.1');
  role = `kong_3_7_1_${database.name}`;
  // As it is from `freeze` to the end: with a session of Kong's own role that is kept.
  await createGuard(connect).install(database, upgrade());
});
afterAll(async () => {
  await control.close();
  await kong.stop();
});

const rolesLike = (name: string) =>
  kong.postgres.query(`SELECT rolname FROM pg_roles WHERE rolname = '${name}'`, 'postgres');

test("logs on with the password of Kong's role, acts as the owner, and is told from Kong's role", async () => {
  await roles.prepareRoleOfY({ database, role });
  await roles.prepareRoleOfY({ database, role });
  const y = await nodeSession(database, role);
  await y.query('CREATE TABLE made_by_y (id int)');
  expect((await y.query('SELECT session_user::text AS me, current_user::text AS acts')).rows).toEqual([
    { me: role, acts: 'kong' },
  ]);
  const x = await nodeSession(database, 'kong');
  const { sessions, ours } = await readSessions(database);
  expect(ours).toBe('127.0.0.1');
  expect(sessions).toEqual(
    expect.arrayContaining([
      { role, application: 'kong', address: '127.0.0.1', count: 1 },
      { role: 'kong', application: 'kong', address: '127.0.0.1', count: 1 },
    ]),
  );
  expect(await sql(database, "SELECT tableowner FROM pg_tables WHERE tablename = 'made_by_y'")).toEqual([
    { tableowner: 'kong' },
  ]);

  await x.end();
  const dropping = roles.dropRoleOfY({ database, role });
  await y.end();
  await dropping;
  expect(await rolesLike(role)).toEqual([]);
  await roles.dropRoleOfY({ database, role });
});

test('is not dropped under somebody who is logged on by it', async () => {
  await roles.prepareRoleOfY({ database, role });
  const y = await nodeSession(database, role);
  await expect(roles.dropRoleOfY({ database, role })).rejects.toMatchObject({
    code: 'RoleOfYInUse',
    message: expect.stringMatching(/: pid \d+ \(kong\) from 127\.0\.0\.1 in kong_1\.$/),
  });
  expect(await rolesLike(role)).toHaveLength(1);
  await y.end();
  await roles.dropRoleOfY({ database, role });
});

const sessionsOf = (name: string) =>
  kong.postgres.query(`SELECT application_name AS name FROM pg_stat_activity WHERE usename = '${name}'`, 'postgres');

test("the session that proves the log-on does not stay while the database is frozen; that of Kong's role does", async () => {
  await control.watch(database);
  await roles.prepareRoleOfY({ database, role });
  expect(await sessionsOf('kong')).toContainEqual({ name: CONTROL_NAME });
  await expect.poll(() => sessionsOf(role), { timeout: 30_000 }).toEqual([]);
  await roles.dropRoleOfY({ database, role });
});

test("a session of Crossfade's own does not keep the role from being dropped", async () => {
  await roles.prepareRoleOfY({ database, role });
  const own = await nodeSession(database, role, { application: CONTROL_NAME });
  expect(await roles.dropRoleOfY({ database, role })).toBeUndefined();
  await expect(own.query('SELECT 1')).rejects.toThrow();
  expect(await rolesLike(role)).toEqual([]);
});

const ownerOf = async (table: string) =>
  (await sql(database, `SELECT tableowner AS owner FROM pg_tables WHERE tablename = '${table}'`))[0]?.['owner'];

test('what people granted to the role, and made by it, does not keep it from being dropped', async () => {
  await roles.prepareRoleOfY({ database, role });
  const asSuperuser = (text: string) => kong.postgres.query(text, database.name);
  await asSuperuser(`GRANT SELECT ON services TO ${role}`);
  await asSuperuser(`CREATE TABLE made_by_hand (id int)`);
  await asSuperuser(`ALTER TABLE made_by_hand OWNER TO ${role}`);
  expect(await roles.dropRoleOfY({ database, role })).toBeUndefined();
  expect(await rolesLike(role)).toEqual([]);
  expect([await ownerOf('made_by_hand'), await ownerOf('services')]).toEqual(['kong', 'kong']);
  expect(await sql(database, 'SELECT count(*)::int AS n FROM services')).toEqual([{ n: expect.any(Number) }]);
});

test('a role with objects in another database is left without a log-on, and that is told', async () => {
  await roles.prepareRoleOfY({ database, role });
  const other = await kong.database('3.6.1');
  await kong.postgres.query(`GRANT SELECT ON services TO ${role}`, other.name);
  const left = await roles.dropRoleOfY({ database, role });
  expect(left).toMatch(new RegExp(`${role} is left.*${other.name}.*DROP ROLE`));
  expect(
    await kong.postgres.query(
      `SELECT rolcanlogin AS "logsOn", rolpassword AS password FROM pg_authid WHERE rolname = '${role}'`,
      'postgres',
    ),
  ).toEqual([{ logsOn: false, password: null }]);
  await kong.postgres.query(`DROP OWNED BY ${role}`, other.name);
  expect(await roles.dropRoleOfY({ database, role })).toBeUndefined();
  expect(await rolesLike(role)).toEqual([]);
});

test('an administrator that is no superuser, and no member of what it makes', async () => {
  await kong.postgres.query(`CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'postgres' IN ROLE kong`, 'postgres');
  await kong.postgres.query('GRANT kong TO maker WITH ADMIN OPTION', 'postgres');
  const made = { ...database, admin: { user: 'maker', password: { env: 'ADMIN_PASSWORD' } } };
  await roles.prepareRoleOfY({ database: made, role });
  await kong.postgres.query(`GRANT SELECT ON services TO ${role}`, database.name);
  expect(await roles.dropRoleOfY({ database: made, role })).toBeUndefined();
  expect(await rolesLike(role)).toEqual([]);
});

test("what is set for Kong's role is set for Y's, lists of names included", async () => {
  await kong.postgres.query(`ALTER ROLE kong SET statement_timeout = '90s'`, 'postgres');
  await kong.postgres.query(
    `ALTER ROLE kong IN DATABASE ${database.name} SET search_path = public, "$user"`,
    'postgres',
  );
  await roles.prepareRoleOfY({ database, role });
  const y = await nodeSession(database, role);
  const { rows } = await y.query(
    "SELECT current_setting('search_path') AS path, current_setting('statement_timeout') AS time",
  );
  expect(rows).toEqual([{ path: 'public, "$user"', time: '90s' }]);
  await y.end();
  await kong.postgres.query('ALTER ROLE kong RESET ALL', 'postgres');
  await kong.postgres.query(`ALTER ROLE kong IN DATABASE ${database.name} RESET ALL`, 'postgres');
  await roles.dropRoleOfY({ database, role });
});

test('a role of that name that somebody else made is neither used nor dropped', async () => {
  await kong.postgres.createRole(role, 'another-password');
  await expect(roles.prepareRoleOfY({ database, role })).rejects.toMatchObject({ code: 'RoleOfYTaken' });
  await roleOfY.drop(database, role);
  expect(await rolesLike(role)).toHaveLength(1);
  await kong.postgres.query(`DROP ROLE ${role}`, 'postgres');
});

test('pg_hba.conf that names users: found before Y is started, and the message names the role', async () => {
  const undo = await withAccessRules(kong, [`host all ${role} all reject`]);
  await expect(roles.prepareRoleOfY({ database, role })).rejects.toMatchObject({
    code: 'RoleOfYRefused',
    message: expect.stringContaining(role),
  });
  await undo();
  await roles.prepareRoleOfY({ database, role });
  await roles.dropRoleOfY({ database, role });
});

test('an administrator without the right to make roles', async () => {
  await kong.postgres.createRole('weak', 'weak-password');
  const admin = { user: 'kong', password: { env: 'KONG_DB_PASSWORD' } };
  await expect(roles.prepareRoleOfY({ database: { ...database, admin }, role })).rejects.toMatchObject({
    code: 'DatabaseNotPermitted',
    message: expect.stringContaining('sessions.ownRoleForY'),
  });
});
