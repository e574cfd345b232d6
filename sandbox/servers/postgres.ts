import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type ClientConfig, escapeIdentifier as id, escapeLiteral } from 'pg';
import { makeFolder } from '../folder.ts';
import { freePort, retryOnUsedPort } from '../free-port.ts';
import { installTools } from '../install/index.ts';
import { startProcess, type RunningProcess } from '../processes.ts';
import { asPostgresUser, giveToPostgresUser, runAsPostgresUser } from './postgres-user.ts';

export interface PostgresOptions {
  /** Its folder, emptied at the start. */
  readonly dir: string;
  /** Of the role `kong`, which owns the database `kong`. */
  readonly password: string;
  /** Of the superuser `postgres`. */
  readonly adminPassword?: string;
  readonly maxConnections?: number;
}

interface Login {
  readonly user: string;
  readonly password: string;
}

export interface Postgres {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The database `kong`, owned by the role `kong`. */
  readonly kong: Login & { readonly database: string };
  /** The superuser. */
  readonly admin: Login;
  /** Folder of the Unix socket, which lets everybody in who can reach it: the folder is closed to all but PostgreSQL's user and root. */
  readonly socketDir: string;
  /** Folder of `psql`, `pg_dump`, `pg_restore` and the like, of the server's version. */
  readonly binDir: string;
  readonly process: RunningProcess;
  /** Runs SQL as superuser, in the database `kong` or another, and returns the rows. */
  query(sql: string, database?: string): Promise<Record<string, unknown>[]>;
  createRole(name: string, password: string): Promise<void>;
  createDatabase(name: string, owner: string): Promise<void>;
  stop(): Promise<void>;
  /** Starts it again after `stop`, on the same port and with the same data. */
  start(): Promise<void>;
}

/** Starts a PostgreSQL that asks for passwords, tuned for speed: what it holds does not survive a crash of the machine. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { postgres: binDir } = await installTools(['postgres']);
  await makeFolder(options.dir);
  const admin = { user: 'postgres', password: options.adminPassword ?? 'postgres' };
  const data = await initDatabase(options.dir, binDir, admin.password);
  let port = 0;
  let running = await retryOnUsedPort(async () => launch(options, binDir, data, (port = await freePort()), admin));

  const query = (sql: string, database = 'kong') => runQuery({ host: '127.0.0.1', port, ...admin, database }, sql);
  const createRole = async (name: string, password: string) => {
    await query(`CREATE ROLE ${id(name)} LOGIN PASSWORD ${escapeLiteral(password)}`, 'postgres');
  };
  const createDatabase = async (name: string, owner: string) => {
    await query(`CREATE DATABASE ${id(name)} OWNER ${id(owner)}`, 'postgres');
  };
  await createRole('kong', options.password);
  await createDatabase('kong', 'kong');

  return {
    host: '127.0.0.1',
    port,
    kong: { database: 'kong', user: 'kong', password: options.password },
    admin,
    socketDir: data,
    binDir,
    get process() {
      return running;
    },
    query,
    createRole,
    createDatabase,
    stop: () => running.stop(),
    async start() {
      running = await launch(options, binDir, data, port, admin);
    },
  };
}

async function initDatabase(dir: string, binDir: string, password: string): Promise<string> {
  const home = join(dir, 'home');
  const passwordFile = join(home, 'password');
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(passwordFile, password);
  await giveToPostgresUser(home);
  const data = join(home, 'data');
  const encoding = ['--encoding=UTF8', '--locale=C.UTF-8'];
  const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth-host=scram-sha-256', '--auth-local=trust'];
  await runAsPostgresUser(join(binDir, 'initdb'), [`--pgdata=${data}`, '--no-sync', ...encoding, ...access]);
  rmSync(passwordFile);
  return data;
}

async function launch(
  { dir, maxConnections = 200 }: PostgresOptions,
  binDir: string,
  data: string,
  port: number,
  admin: Login,
): Promise<RunningProcess> {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    // Relative to the data folder: a socket's whole path may have 107 bytes only.
    unix_socket_directories: '.',
    max_connections: maxConnections,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    wal_level: 'minimal',
    max_wal_senders: 0,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command = '', ...args] = [...asPostgresUser, join(binDir, 'postgres'), '-D', data, ...flags];
  const running = await startProcess({ dir, name: 'postgres', command, args });
  const answers = () => runQuery({ host: '127.0.0.1', port, ...admin, database: 'postgres' }, 'SELECT 1');
  try {
    await running.waitUntil('PostgreSQL answers a query', answers);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

async function runQuery(config: ClientConfig, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(config);
  // A server that is stopped meanwhile ends the connection: then the query's own error says so.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
