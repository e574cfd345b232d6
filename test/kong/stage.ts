import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { Client } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { freePort } from '../../sandbox/free-port.ts';
import { startPostgres, type Postgres } from '../../sandbox/servers/postgres.ts';
import type { Kongs } from './kongs.ts';

const PASSWORD = 'kong-secret';
let databases = 0;

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Settings of a node or a command beyond those of its role, without `KONG_`. */
export type Extra = Readonly<Record<string, string>>;

/** One Kong on a prefix of its own. */
export interface Role {
  readonly prefix: string;
  readonly proxy: string;
  readonly admin: string;
  readonly status: string;
  readonly command: string;
  readonly env: Record<string, string>;
  kong(args: readonly string[], extra?: Extra): Promise<Ended>;
}

/** A database of its own with the Kongs that use it. */
export class Stage {
  readonly database: string;
  readonly #dir: string;
  readonly #postgres: Postgres;
  readonly #kongs: Kongs;
  readonly #roles: Role[] = [];

  private constructor(dir: string, postgres: Postgres, kongs: Kongs, database: string) {
    this.#dir = dir;
    this.#postgres = postgres;
    this.#kongs = kongs;
    this.database = database;
  }

  static async open(dir: string, postgres: Postgres, kongs: Kongs): Promise<Stage> {
    const database = `contract${++databases}`;
    await postgres.createDatabase(database, 'kong');
    return new Stage(join(dir, database), postgres, kongs, database);
  }

  async query(sql: string): Promise<Record<string, unknown>[]> {
    return this.#postgres.query(sql, this.database);
  }

  /** Holds a table locked so that statements on it wait, until the returned function is called. */
  async lockTable(table: string): Promise<() => Promise<void>> {
    const { host, port, admin } = this.#postgres;
    const client = new Client({ host, port, ...admin, database: this.database });
    await client.connect();
    await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    return () => client.end();
  }

  /** Gives a role its prefix and its addresses; `name` is also the prefix's last part. */
  async role(name: string, release: string, extra: Extra = {}): Promise<Role> {
    const command = this.#kongs.commands.get(release) ?? '';
    const prefix = join(this.#dir, name);
    mkdirSync(this.#dir, { recursive: true });
    const [proxy, admin, status] = [await freePort(), await freePort(), await freePort()].map(
      (port) => `127.0.0.1:${port}`,
    );
    const settings: Record<string, string> = {
      ...{ PREFIX: prefix, PROXY_LISTEN: `${proxy}`, ADMIN_LISTEN: `${admin}`, STATUS_LISTEN: `${status}` },
      ...{ PG_HOST: this.#postgres.host, PG_PORT: String(this.#postgres.port), PG_DATABASE: this.database },
      ...{ PG_USER: 'kong', PG_PASSWORD: PASSWORD, NGINX_WORKER_PROCESSES: '1', ANONYMOUS_REPORTS: 'off' },
    };
    const variables = (more: Extra): Record<string, string> =>
      Object.fromEntries(
        Object.entries({ ...settings, ...extra, ...more }).map(([key, value]) => [`KONG_${key}`, value]),
      );
    const kong = async (args: readonly string[], more: Extra = {}): Promise<Ended> => {
      const ended = await execa(command, [...args], {
        env: variables(more),
        reject: false,
        stripFinalNewline: false,
        stdin: 'ignore',
      });
      return { code: ended.exitCode ?? -1, stdout: ended.stdout, stderr: ended.stderr };
    };
    const url = (address: string | undefined): string => `http://${address}`;
    const role = {
      prefix,
      proxy: url(proxy),
      admin: url(admin),
      status: url(status),
      command,
      env: variables({}),
      kong,
    };
    this.#roles.push(role);
    return role;
  }

  /** A kong.conf with a role's settings, and the environment that a command needs beside it: none. */
  confFile(role: Role): string {
    const file = join(this.#dir, 'kong.conf');
    const lines = Object.entries(role.env).map(([name, value]) => `${name.slice(5).toLowerCase()} = ${value}`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  }

  /** Stops every node. */
  async close(): Promise<void> {
    await Promise.all(this.#roles.map((role) => role.kong(['stop'])));
  }
}

/** A PostgreSQL for all tests of a file, with the roles that recordings use. */
export function useStages(): (kongs: Kongs) => Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), 'crossfade-kong-'));
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres({ dir: join(dir, 'postgres'), password: PASSWORD });
    for (const name of ['dml', 'readonly']) await postgres.createRole(name, PASSWORD);
  });
  afterAll(async () => {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  return (kongs) => Stage.open(join(dir, 'stages'), postgres, kongs);
}
