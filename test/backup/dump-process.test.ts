import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { upgrade } from '../freeze/fixture.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { backupActivities, lock, makeLarge, realDeps, startServers, store, type Servers } from './fixture.ts';

let servers: Servers;
let database: DatabaseRef;
let run = 0;
let me = upgrade();

beforeAll(async () => void (servers = await startServers()));
afterAll(() => servers.stop());
beforeEach(async () => {
  me = upgrade(`run-${(run += 1)}`);
  database = await servers.kong.database('3.6.1');
});

test('the password is in no process list while it dumps, and in no environment but that of pg_dump', async () => {
  await makeLarge(database, 5);
  const password = `only-for-this-test-${randomUUID()}`;
  const file = join(servers.kong.dir, 'password-of-dumper');
  writeFileSync(file, password);
  await servers.kong.postgres.createRole('dumper', password);
  await servers.kong.postgres.query('GRANT kong TO dumper', 'postgres');
  const seen = new Set<string>();
  const watched = backupActivities({
    store: {
      ...store,
      put: (s3, key, body, options) =>
        store.put(
          s3,
          key,
          observed(body, () => look(password, seen)),
          options,
        ),
    },
  });
  const asDumper: DatabaseRef = { ...database, user: 'dumper', password: { file } };
  await watched.dumpDatabase({ database: asDumper, s3: servers.ref, upgrade: me, label: 'before', leaveOut: [] });
  expect([...seen].filter((one) => one.startsWith('arguments of'))).toEqual([]);
  expect([...seen]).toEqual(['environment of pg_dump']);
});

test('pg_dump fails in the middle: its text, and nothing under the name', async () => {
  await makeLarge(database, 20);
  const failing = backupActivities({
    store: {
      ...store,
      put: (s3, key, body, options) =>
        store.put(
          s3,
          key,
          observed(body, () =>
            servers.kong.postgres.query(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_dump'",
            ),
          ),
          options,
        ),
    },
  });
  const failed = failing.dumpDatabase({ database, s3: servers.ref, upgrade: me, label: 'before', leaveOut: [] });
  await expect(failed).rejects.toMatchObject({
    code: 'DumpFailed',
    message: expect.stringMatching(/terminat|lost|closed/i) as string,
  });
  const found = readdirSync(join(servers.kong.dir, 's3/objects/backups'), { recursive: true }).map(String);
  expect(found.filter((file) => file.includes(me.runId) && /database\.dump/.test(file))).toEqual([]);
  expect(found.filter((file) => file.includes('multipart/') && file.split('/').length > 3)).toEqual([]);
});

test('a cancelled dump ends at once, pg_dump too, with the reason of the cancellation', async () => {
  await makeLarge(database, 40);
  const controller = new AbortController();
  const sessions = async () =>
    (await servers.kong.postgres.query("SELECT FROM pg_stat_activity WHERE application_name = 'pg_dump'")).length;
  const dumping = realDeps.dump.run(
    database,
    { cluster: 'payments', leaveOut: [] },
    async ({ content, estimate }) => {
      expect(estimate).toBeGreaterThan(10_000_000);
      for await (const _ of content) {
        if (!controller.signal.aborted) expect(await sessions()).toBe(1);
        controller.abort(new Error('somebody cancelled'));
      }
    },
    controller.signal,
  );
  await expect(dumping).rejects.toThrow('somebody cancelled');
  await waitFor('PostgreSQL has noticed', async () => (await sessions()) === 0);
  await lock.hold(database, 'payments', () => Promise.resolve());
});

test('what stores the dump fails: its error, and pg_dump has ended', async () => {
  await makeLarge(database, 40);
  const failing = backupActivities({
    store: { ...store, put: () => Promise.reject(new Error('no room')) },
  });
  const input = { database, s3: servers.ref, upgrade: me, label: 'before', leaveOut: [] } as const;
  await expect(failing.dumpDatabase(input)).rejects.toThrow('no room');
  const dumpers = "SELECT FROM pg_stat_activity WHERE application_name = 'pg_dump'";
  await waitFor('no session is left', async () => (await servers.kong.postgres.query(dumpers)).length === 0);
});

async function* observed(body: AsyncIterable<Uint8Array>, once: () => unknown): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of body) {
    if (first) await once();
    first = false;
    yield chunk;
  }
}

/** Looks through this machine's processes for the password. */
function look(password: string, seen: Set<string>): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const read = (file: string) => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, 'utf8');
      } catch {
        return '';
      }
    };
    const [args, name] = [read('cmdline'), read('comm').trim()];
    if (args.includes(password)) seen.add(`arguments of ${name}`);
    if (read('environ').includes(password)) seen.add(`environment of ${name}`);
  }
}
