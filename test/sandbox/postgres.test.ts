import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeFolder } from '../../sandbox/folder.ts';
import { startPostgres, type Postgres } from '../../sandbox/servers/postgres.ts';
import { isListening } from './ports.ts';
import { tempFolder } from './temp-folder.ts';

const dir = tempFolder();
let postgres: Postgres;
beforeAll(async () => void (postgres = await startPostgres({ dir, password: `it's "secret"`, maxConnections: 30 })));
afterAll(async () => void (await removeFolder(dir)));

async function ask(user: string, password: string, sql: string, database = 'kong') {
  const client = new Client({ host: postgres.host, port: postgres.port, database, user, password });
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

test('the role kong owns the database kong and is no superuser', async () => {
  const rows = (await ask('kong', postgres.kong.password, 'CREATE TABLE t (a int); SELECT 1')) as unknown;
  expect(rows).toBeUndefined();
  const owner = `SELECT rolname, rolsuper FROM pg_database JOIN pg_roles r ON datdba = r.oid WHERE datname = 'kong'`;
  expect(await postgres.query(owner)).toEqual([{ rolname: 'kong', rolsuper: false }]);
  expect(await postgres.query('SHOW max_connections')).toEqual([{ max_connections: '30' }]);
});

test('a wrong password is refused', async () => {
  await expect(ask('kong', 'wrong', 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  await expect(ask('postgres', '', 'SELECT 1')).rejects.toThrow();
});

test('further roles and databases', async () => {
  await postgres.createRole('up-grader', 'pass');
  await postgres.createDatabase('scratch', 'up-grader');
  expect(await ask('up-grader', 'pass', 'SELECT current_user AS me', 'scratch')).toEqual([{ me: 'up-grader' }]);
});

test('its own tools work with it', async () => {
  const env = { ...process.env, PGPASSWORD: postgres.kong.password };
  const args = ['-h', postgres.host, '-p', String(postgres.port), '-U', 'kong', '--schema-only', 'kong'];
  const { stdout } = await promisify(execFile)(join(postgres.binDir, 'pg_dump'), args, { env });
  expect(stdout).toContain('PostgreSQL database dump complete');
});

test('stopped, it is gone; started again, it has the same data on the same port', async () => {
  await postgres.query('CREATE TABLE kept AS SELECT 42 AS answer');
  const { pid } = postgres.process;
  await postgres.stop();
  expect(await isListening(postgres.port)).toBe(false);
  await postgres.start();
  expect(postgres.process.pid).not.toBe(pid);
  expect(await postgres.query('SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  await postgres.stop();
  expect(await isListening(postgres.port)).toBe(false);
});
