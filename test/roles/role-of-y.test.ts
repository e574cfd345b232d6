import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { createControlConnections } from '../../src/adapters/postgres/control-connection.ts';
import { createGuard } from '../../src/adapters/postgres/guard.ts';
import { createRoleOfY } from '../../src/adapters/postgres/role-of-y.ts';
import { secrets, sql, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { nodeSession, readSessions, roleOfY, roles, withAccessRules } from './fixture.ts';

let kong: Kong;
let database: DatabaseRef;
let role: string;
beforeAll(async () => {
  kong = await startKongDatabases();
  database = await kong.database('3.6.1');
  role = `kong_3_7_1_${database.name}`;
});
afterAll(() => kong.stop());

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
    message: expect.stringMatching(/: pid \d+ \(kong\) in kong_1\.$/),
  });
  expect(await rolesLike(role)).toHaveLength(1);
  await y.end();
  await roles.dropRoleOfY({ database, role });
});

test('the connection that is kept while the database is frozen is not one of this role', async () => {
  const control = createControlConnections(secrets);
  const guard = createGuard(control.connect);
  await guard.install(database, upgrade());
  await createRoleOfY(control.connect, secrets).prepare(database, role);
  expect(await roleOfY.sessions(database, role)).toEqual([]);
  await roles.dropRoleOfY({ database, role });
  await guard.lift(database, upgrade());
  await control.close();
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
