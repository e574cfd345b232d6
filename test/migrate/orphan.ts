import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { commandLine } from '../../sandbox/proc.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { kongOf, nodeAt, PASSWORD, sideOf, sql, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { EXECUTED, migrateActivities, migratorRole, PENDING, record } from './fixture.ts';

/** A file of faults that makes each migration wait first. */
export function slow(kong: Kong, sleepMs: number): string {
  const file = join(kong.dir, `slow-${sleepMs}.json`);
  writeFileSync(file, JSON.stringify({ migrations: { sleepMs } }));
  return file;
}

/** What both commands have a migration before. */
const IN_THE_MIDDLE = '001_360_to_370';

/** A command that stops before a migration until it is let go: what is done to it meanwhile is done in the middle, however slow the machine. */
export interface HeldUp {
  /** For the command. */
  readonly env: { readonly KONG_STANDIN_FAULTS: string };
  /** Lets it go, or as far as another migration. */
  letGo(before?: string): void;
}

let count = 0;
export function holdUp(kong: Kong, first = IN_THE_MIDDLE): HeldUp {
  const file = join(kong.dir, `held-up-${(count += 1)}.json`);
  const write = (waitBefore?: string) => {
    // The command must not read it half-written.
    writeFileSync(`${file}.new`, JSON.stringify({ migrations: waitBefore === undefined ? {} : { waitBefore } }));
    renameSync(`${file}.new`, file);
  };
  write(first);
  return { env: { KONG_STANDIN_FAULTS: file }, letGo: write };
}

/** A database of 3.4.2, and what the activities for 3.9.1 take. */
export async function begin(kong: Kong, env: Record<string, string> = {}) {
  const database = await kong.database('3.4.2');
  const cluster = sideOf('3.9.1', [nodeAt('n1', '/nowhere', [1, 2, 3])], env);
  const told: unknown[] = [];
  const activities = migrateActivities({}, { onProgress: (details) => told.push(details) });
  return { database, activities, told, input: { cluster, database, upgrade: upgrade() } };
}

/** The first migration of `up` is behind it, and so is the first of `finish`. */
export const hasBegun = async (database: DatabaseRef, command: 'up' | 'finish'): Promise<boolean> => {
  const first = command === 'up' ? '021_340_to_350' : '003_350_to_360';
  return (await sql(database, `SELECT FROM schema_meta WHERE '${first}' = ANY (executed)`)).length > 0;
};

/** A child of this very process, by its command line. */
export const childWith = (words: string): number | undefined =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => parentOf(pid) === process.pid && commandLine(pid).includes(words));

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^.*\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/** The same command as the activity's, of a worker that is gone: it noted that it began, and nobody waits for the command. */
export async function orphan(
  kong: Kong,
  { database, input }: Pick<Awaited<ReturnType<typeof begin>>, 'database' | 'input'>,
  command: 'up' | 'finish',
  heldUp: HeldUp,
): Promise<number> {
  const todo = command === 'up' ? [...EXECUTED, ...PENDING] : PENDING;
  await record.begin(database, input.upgrade, command, todo, { to: '3.9.1' });
  const { user, password } = database.admin === undefined ? asKong(database) : await migratorRole.open(database);
  const env = {
    PATH: process.env['PATH'],
    KONG_PREFIX: join(kong.dir, 'orphan'),
    KONG_PG_HOST: database.host,
    KONG_PG_PORT: String(database.port),
    KONG_PG_DATABASE: database.name,
    ...heldUp.env,
    KONG_PG_USER: user,
    KONG_PG_PASSWORD: password,
  };
  const args = ['migrations', command, '--db-timeout', '3600', '--lock-timeout', '900'];
  const child = spawn(kongOf('3.9.1'), args, { env, detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  await waitFor('the orphan has begun', () => hasBegun(database, command));
  return child.pid as number;
}

const asKong = ({ user }: DatabaseRef) => ({ user, password: PASSWORD });
