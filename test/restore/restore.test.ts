import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DatabaseRef, KongNode, Side } from '../../src/domain/plan/index.ts';
import { asKong, CONTENT, freeze, session, sql, upgrade, withoutAdmin } from '../freeze/fixture.ts';
import { makeNode, nodeAt, runner, sideOf } from '../kong-adapter/fixture.ts';
import { admin, kill, start } from '../nodes/fixture.ts';
import {
  databases,
  fileOf,
  flipOneByte,
  looks,
  restoreActivities,
  somebodyIn,
  startServers,
  stepsOf,
  swap,
  takeBackup,
  type Servers,
  type Taken,
} from './fixture.ts';

// For a machine that is busy with something else.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let servers: Servers;
let dir: string;
beforeAll(async () => {
  servers = await startServers();
  dir = join(servers.kong.dir, 'files');
  mkdirSync(dir);
});
afterAll(() => servers.stop());

let database: DatabaseRef;
let x: Side;
let y: Side;
let started: KongNode[] = [];

beforeEach(async () => {
  database = await servers.kong.database('3.6.1');
  await sql(database, CONTENT);
  x = sideOf('3.6.1', [await makeNode(servers.kong.dir, `${database.name}-x1`)]);
  y = sideOf('3.7.1', [nodeAt('y1', join(servers.kong.dir, `${database.name}-y1`), [4, 5, 6])]);
});
afterEach(async () => {
  await kill(started);
  started = [];
  for (const name of await left()) await servers.kong.postgres.query(`DROP DATABASE ${name}`, 'postgres');
});

const take = (options: Parameters<typeof takeBackup>[3] = {}) => takeBackup(servers, database, dir, options);
const target = () => ({ s3: servers.ref, database, x, y });
const steps = (taken: Taken, more: object = {}) => stepsOf(taken, { ...target(), ...more });
const inKept = (name: string) => ({ ...database, name });
const services = (of: DatabaseRef) => sql(of, 'SELECT name FROM services ORDER BY name');
const left = async (): Promise<string[]> =>
  Object.values(await databases(servers)).filter((name) => name.startsWith('crossfade_'));

test('after what an upgrade finished: the restored database is clean for X, X starts on it and serves, writes work, the kept one has everything', async () => {
  const taken = await take();
  const ofY = runner(sideOf('3.9.1', [nodeAt('up', join(dir, 'up'), [7, 8, 9])]), database);
  for (const command of ['up', 'finish'])
    expect(await ofY.kong(['migrations', command], { timeoutMs: 120_000 })).toMatchObject({ exitCode: 0 });
  await sql(
    database,
    "INSERT INTO services (id, name, host, protocol, port) VALUES (gen_random_uuid(), 'after', 'h', 'http', 80)",
  );
  const finished = await sql(database, 'SELECT key, subsystem, executed FROM schema_meta ORDER BY 1, 2');

  const { names, look, whole } = steps(taken);
  const { present } = await look();
  expect(present?.written).toMatchObject({ configuration: true });
  expect(present?.written?.tables).toContainEqual({ table: 'public.services', then: 1, now: 2 });
  await whole();
  expect(await runner(x, database).kong(['migrations', 'list'], { timeoutMs: 60_000 })).toMatchObject({ exitCode: 0 });
  started = [...x.nodes];
  await start(x, database);
  const [node] = x.nodes;
  if (node === undefined) throw new Error('X has no node.');
  expect(await admin(node, 'GET', '/services/billing')).toMatchObject({ name: 'billing' });
  // No route leads there, says Kong itself.
  expect((await fetch(`${node.proxy}/nowhere`)).status).toBe(404);
  await freeze.proveWritable({ database });
  expect(await services(inKept(names.kept))).toEqual([{ name: 'after' }, { name: 'billing' }]);
  expect(await sql(inKept(names.kept), 'SELECT key, subsystem, executed FROM schema_meta ORDER BY 1, 2')).toEqual(
    finished,
  );
  expect(await left()).toEqual([]);
});

test('what was changed since the backup is seen in every table, without a change of the number of rows, and besides tables', async () => {
  await sql(
    database,
    `CREATE TABLE notes (r int PRIMARY KEY, text text CHECK (text IN ('a', 'b')), at timestamptz DEFAULT now());
     INSERT INTO notes VALUES (1, 'a'); CREATE VIEW some_notes AS SELECT * FROM notes WHERE text IN ('a', 'c');
     CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
     INSERT INTO parameters (key, value, created_at) VALUES ('a', '1', now())`,
  );
  const taken = await take();
  const { beside, look } = steps(taken);
  const { restored } = await beside();
  const nothing = { first: [], count: 0 };
  const untouched = await look(restored);
  expect(untouched.present?.written).toEqual({
    ...{ configuration: false, tables: [], differ: 0, compared: { content: nothing, objects: nothing } },
  });
  expect((await look(restored)).present?.mark).toBe(untouched.present?.mark);
  await sql(
    database,
    `UPDATE parameters SET value = '2'; UPDATE notes SET text = 'b'; DROP FUNCTION f(); CREATE INDEX notes_by_text ON notes (text);
     CREATE OR REPLACE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 2'`,
  );
  const { present } = await look(restored);
  expect(present?.written).toEqual({
    ...{ configuration: false, tables: [], differ: 0 },
    compared: {
      content: { first: ['public.notes', 'public.parameters'], count: 2 },
      objects: {
        first: ['function public.f() is gone', 'function public.g() is another', 'index public.notes_by_text is new'],
        count: 3,
      },
    },
  });
  expect(present?.mark).not.toBe(untouched.present?.mark);
});

test("a table that Kong's role can't read is read by the admin; where nobody may, that is said and nothing is claimed", async () => {
  const taken = await take();
  await servers.kong.postgres.query('CREATE TABLE newtab AS SELECT generate_series(1, 3) AS n', database.name);
  const { beside, look, names } = steps(taken);
  const { restored } = await beside();
  expect((await look(restored)).present?.written?.tables).toEqual([{ table: 'public.newtab', now: 3 }]);
  for (const once of [undefined, names.restored]) {
    const { content } = await looks.present(withoutAdmin(database), once);
    expect(content).toEqual({ unreadable: expect.stringContaining('newtab') as string });
  }
});

test('a backup that was taken while frozen: nothing of the guard, writes work at once', async () => {
  await freeze.freezeConfiguration({ database, upgrade: upgrade() });
  const { names, whole } = steps(await take());
  await whole();
  await freeze.proveWritable({ database });
  await sql(database, "UPDATE services SET tags = '{written}'");
  expect(await sql(database, "SELECT FROM pg_namespace WHERE nspname = 'crossfade'")).toEqual([]);
  await expect(sql(inKept(names.kept), "UPDATE services SET tags = '{written}'")).rejects.toMatchObject({
    code: 'CF001',
  });
});

test('owner, rights and settings are put back; what belongs to a role that is gone is named', async () => {
  await servers.kong.postgres.query('CREATE ROLE reports; CREATE ROLE gone', 'postgres');
  await sql(database, 'GRANT SELECT ON services TO reports; GRANT SELECT ON routes TO gone');
  await servers.kong.postgres.query(`ALTER DATABASE ${database.name} SET work_mem = '5MB'`, 'postgres');
  const taken = await take();
  await sql(database, 'REVOKE ALL ON routes FROM gone');
  await servers.kong.postgres.query('DROP ROLE gone', 'postgres');
  const { remarks } = await steps(taken).whole();
  expect(remarks).toEqual(['the role gone is not there']);
  expect(await sql(database, "SELECT has_table_privilege('reports', 'services', 'SELECT') AS may")).toEqual([
    { may: true },
  ]);
  expect(await sql(database, 'SHOW work_mem')).toEqual([{ work_mem: '5MB' }]);
  expect(
    await sql(database, 'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()'),
  ).toEqual([{ owner: 'kong' }]);
});

test('a worker that died in the middle: the next attempt begins anew and leaves one database', async () => {
  const { beside, names, drop } = steps(await take());
  // Made, and not even named as an attempt yet.
  await servers.kong.postgres.query(`CREATE DATABASE ${names.restored}`, 'postgres');
  const first = await beside();
  const { restored: second } = await beside();
  expect(second).not.toBe(first.restored);
  expect(await left()).toEqual([names.restored]);
  expect(await drop(second)).toEqual({ swapped: false });
  expect(await drop(second)).toEqual({ swapped: false });
  expect(await left()).toEqual([]);
});

test('what does not come out as the manifest says is found before anything is swapped', async () => {
  const taken = await take();
  const lying = stepsOf(taken, {
    ...target(),
    activities: restoreActivities({
      comparison: {
        requireEqual: () => Promise.reject(Object.assign(new Error('differs'), { code: 'RestoreDiffers' })),
      },
    }),
  });
  await expect(lying.beside()).rejects.toThrow('differs');
  expect(await services(database)).toEqual([{ name: 'billing' }]);
});

test("a database that is not X's is not clean for X", async () => {
  const taken = await take();
  x = sideOf('3.9.1', x.nodes);
  await expect(steps(taken).check()).rejects.toMatchObject({
    code: 'BackupOfAnother',
    message: expect.stringContaining('X was Kong 3.6.1 when') as string,
  });
  const { beside, names } = steps(taken);
  await beside();
  await expect(restoreActivities().askX({ cluster: x, database, names })).rejects.toMatchObject({
    code: 'NotCleanForX',
    message: expect.stringContaining('of the restored database') as string,
  });
});

describe('stands in the way, each by name', () => {
  test('a node that answers, and its sessions', async () => {
    const { look } = steps(await take());
    expect((await look()).obstacles).toEqual([]);
    started = [...x.nodes];
    await start(x, database);
    const { obstacles } = await look();
    expect(obstacles).toContainEqual(
      expect.stringMatching(/^node .*-x1 of X \(http:\/\/127\.0\.0\.1:\d+\) answers: stop it$/),
    );
  });

  test('a psql, a lock of a migration, an upgrade of another name; one of this name is only told', async () => {
    const { look } = steps(await take());
    const somebody = await somebodyIn(database, 'psql of ann');
    const holder = await session(servers.kong, database, asKong);
    await holder.query("SET application_name = 'crossfade migration other'; SELECT pg_advisory_lock(1)");
    await freeze.freezeConfiguration({ database, upgrade: { ...upgrade(), workflowId: 'kong/other' } });
    const { obstacles } = await look();
    await somebody.end();
    await holder.end();
    expect(obstacles).toEqual([
      expect.stringContaining('1 session of kong@127.0.0.1 (crossfade migration other)'),
      expect.stringContaining('1 session of kong@127.0.0.1 (psql of ann)'),
      expect.stringMatching(/an upgrade of another name holds .* \(kong\/other, run run-1\)/),
    ]);
    await freeze.thawConfiguration({ database, upgrade: { ...upgrade(), workflowId: 'kong/other' } });
    await freeze.freezeConfiguration({ database, upgrade: upgrade() });
    expect(await look()).toMatchObject({ obstacles: [], remarks: [expect.stringContaining('is frozen by run run-1')] });
  });

  test("Kong's own role that an upgrade does not let log on: asked as the admin, and told what to do", async () => {
    const query = (text: string) => servers.kong.postgres.query(text, database.name);
    const { look } = steps(await take());
    await query(
      "CREATE SCHEMA crossfade; CREATE TABLE crossfade.lock_out AS SELECT 'kong' AS role; ALTER ROLE kong NOLOGIN",
    );
    try {
      const { obstacles, present } = await look();
      expect(obstacles).toEqual([expect.stringContaining('ALTER ROLE "kong" LOGIN')]);
      expect(present?.notCompared).toContain('not permitted to log in');
    } finally {
      await query('ALTER ROLE kong LOGIN');
    }
    // Its schema is not Kong's here.
    expect((await look()).remarks).toEqual([
      expect.stringMatching(/whether an upgrade holds .* is not known: .*permission denied for schema crossfade/),
    ]);
  });

  test('a database that is no database of Kong any more is replaced, and said not to be comparable', async () => {
    const taken = await take();
    await sql(database, 'DROP TABLE schema_meta CASCADE');
    const { look, whole } = steps(taken);
    expect((await look()).present).toMatchObject({ notCompared: expect.stringContaining('schema_meta') as string });
    await whole();
    expect(await services(database)).toEqual([{ name: 'billing' }]);
  });

  test('a database that was dropped is made again', async () => {
    const taken = await take();
    await servers.kong.postgres.query(`DROP DATABASE ${database.name}`, 'postgres');
    const { look, whole } = steps(taken);
    expect(await look()).toEqual({ obstacles: [], remarks: [] });
    await whole();
    expect(await services(database)).toEqual([{ name: 'billing' }]);
  });
});

describe('one flipped byte is found before anything is changed', () => {
  test.each([0, 1, 2, 3])('in object %i of the backup', async (index) => {
    const taken = await take();
    const key = taken.objects[index]?.key ?? '';
    flipOneByte(fileOf(servers, key));
    await expect(steps(taken).check()).rejects.toMatchObject({
      code: 'BackupDamaged',
      message: expect.stringContaining(key) as string,
    });
  });

  test('in a dump of decK: the database can be had without it, and the message says how', async () => {
    const taken = await take();
    const deck = taken.objects.find(({ kind }) => kind === 'deck');
    flipOneByte(fileOf(servers, deck?.key ?? ''));
    await expect(steps(taken).check()).rejects.toMatchObject({
      message: expect.stringContaining('`only: database`') as string,
    });
    expect(await steps(taken).check('database')).toMatchObject({ label: 'before' });
    await expect(steps(taken).check('files')).rejects.toMatchObject({ code: 'BackupDamaged' });
  });

  test('in the manifest', async () => {
    const taken = await take();
    flipOneByte(fileOf(servers, taken.manifestKey));
    await expect(steps(taken).check()).rejects.toMatchObject({
      code: 'BackupMissing',
      message: expect.stringContaining('is not whole') as string,
    });
  });

  test('in encrypted objects, whether or not they can be opened', async () => {
    const { encrypt, recipients } = await identities();
    const taken = await take({ encrypt: { recipients } });
    flipOneByte(fileOf(servers, taken.objects[2]?.key ?? ''));
    for (const one of [encrypt, { recipients }])
      await expect(steps(taken, { encrypt: one }).check()).rejects.toMatchObject({ code: 'BackupDamaged' });
  });
});

async function identities() {
  const [right, wrong] = [await generateIdentity(), await generateIdentity()];
  const recipients = [await identityToRecipient(right)];
  const file = (name: string, text: string) => {
    const path = join(dir, name);
    writeFileSync(path, `# made by a test\n${text}\n`);
    return { file: path };
  };
  return {
    recipients,
    encrypt: { recipients, identity: file('right.txt', right) },
    wrong: { recipients, identity: file('wrong.txt', wrong) },
  };
}

test('encrypted: restored with the identity; without one or with another nothing is begun', async () => {
  const { encrypt, wrong, recipients } = await identities();
  const taken = await take({ encrypt: { recipients } });
  for (const one of [{ recipients }, wrong])
    await expect(steps(taken, { encrypt: one }).check()).rejects.toMatchObject({ code: 'CannotDecrypt' });
  expect(await left()).toEqual([]);
  await steps(taken, { encrypt }).whole();
  expect(await services(database)).toEqual([{ name: 'billing' }]);
});

test('found by latest, by the beginning of its name; not found otherwise', async () => {
  const taken = await take();
  const named = (backup: string) => steps({ ...taken, id: backup }).check();
  expect(await named('latest')).toMatchObject({ id: taken.id, kong: '3.6.1', hosts: ['here'], keyring: true });
  expect(await named(taken.id.slice(0, -3))).toMatchObject({ id: taken.id });
  for (const typed of ['2026', 'nonsense', '../../x', '/'])
    await expect(named(typed)).rejects.toMatchObject({ code: 'BackupMissing' });
});

describe('without a superuser', () => {
  const query = (text: string) => servers.kong.postgres.query(text, 'postgres');

  test("an account that may create databases and is a member of Kong's role", async () => {
    await query("CREATE ROLE maintainer LOGIN CREATEDB PASSWORD 'postgres' IN ROLE kong");
    database = { ...database, admin: { user: 'maintainer', password: { env: 'ADMIN_PASSWORD' } } };
    const { whole, names } = steps(await take());
    await whole();
    expect(await services(inKept(names.kept))).toEqual([{ name: 'billing' }]);
    await sql(database, "UPDATE services SET tags = '{written}'");
  });

  test("Kong's own role, where it may create databases", async () => {
    await query('ALTER ROLE kong CREATEDB');
    try {
      database = withoutAdmin(database);
      const { whole, names } = steps(await take());
      await whole();
      expect(await services(inKept(names.kept))).toEqual([{ name: 'billing' }]);
    } finally {
      await query('ALTER ROLE kong NOCREATEDB');
    }
  });

  test("Kong's own role, where it may not: said beforehand", async () => {
    database = withoutAdmin(database);
    const { look, beside } = steps(await take());
    expect((await look()).obstacles).toEqual([expect.stringContaining('ALTER ROLE "kong" CREATEDB')]);
    await expect(beside()).rejects.toMatchObject({ code: 'DatabaseNotPermitted' });
    expect(await left()).toEqual([]);
  });
});

test('a name with capitals, quotes and spaces, of 63 bytes', async () => {
  const name = `It's "Kong" ${'K'.repeat(51)}`;
  await servers.kong.postgres.query(
    `ALTER DATABASE ${database.name} RENAME TO "${name.replaceAll('"', '""')}"`,
    'postgres',
  );
  database = { ...database, name };
  const { whole, names } = steps(await take());
  await whole();
  expect(await services(database)).toEqual([{ name: 'billing' }]);
  expect(await services(inKept(names.kept))).toEqual([{ name: 'billing' }]);
  expect(await swap.numberOf(database, names, names.restored)).toBeUndefined();
});
