import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { groupMembers } from '../../sandbox/proc.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { sql, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';
import { begin as beginWith, childWith, hasBegun, holdUp, orphan } from './orphan.ts';
import { EXECUTED, PENDING, record } from './fixture.ts';

let kong: Kong;
beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(() => kong.stop());

const begin = (env?: Record<string, string>) => beginWith(kong, env);

/** What each command leaves when nothing disturbs it. */
const ENDS = {
  up: { state: 'pending', pending: PENDING, ran: [...EXECUTED, ...PENDING] },
  finish: { state: 'clean', pending: [], ran: PENDING },
} as const;

for (const command of ['up', 'finish'] as const)
  describe(command, () => {
    /** With `up` done before `finish`. */
    async function ready(env: Record<string, string> = {}, admin = true) {
      const started = await begin(env);
      const { admin: account, ...rest } = started.database;
      const database = admin && account !== undefined ? { ...rest, admin: account } : rest;
      const input = { ...started.input, database };
      if (command === 'finish') {
        const cluster = { ...input.cluster, runs: { ...input.cluster.runs, env: {} } };
        await started.activities.migrateUp({ ...input, cluster });
      }
      const { migrateUp, migrateFinish } = started.activities;
      const migrate = () => (command === 'up' ? migrateUp(input) : migrateFinish(input));
      return { database, input, told: started.told, migrate };
    }

    /** As if nobody had disturbed it. */
    async function expectEnd({ migrate, database }: Awaited<ReturnType<typeof ready>>): Promise<void> {
      const { after, ran } = await migrate();
      expect(after).toMatchObject({ state: ENDS[command].state, pending: ENDS[command].pending, new: [] });
      expect([...ran].sort()).toEqual([...ENDS[command].ran].sort());
      expect(await sql(database, 'SELECT FROM locks')).toEqual([]);
      const again = await migrate();
      expect(again.before).toEqual(again.after);
    }

    test('killed in the middle: nothing of it is left, and the next attempt completes it at once', async () => {
      const heldUp = holdUp(kong);
      const started = await ready(heldUp.env);
      const first = started.migrate();
      first.catch(() => undefined);
      await waitFor('it has begun', () => hasBegun(started.database, command));
      const group = childWith(`migrations ${command}`) as number;
      process.kill(-group, 'SIGKILL');
      await expect(first).rejects.toMatchObject({
        code: 'MigrationFailed',
        message: expect.stringContaining('ended by a signal') as string,
      });
      expect(groupMembers(group)).toEqual([]);
      expect(await sql(started.database, 'SELECT FROM locks')).toEqual([]);
      heldUp.letGo();
      await expectEnd(started);
    });

    test('only its first process is killed: the rest is ended as well', async () => {
      const started = await ready(holdUp(kong).env);
      const first = started.migrate();
      first.catch(() => undefined);
      await waitFor('it has begun', () => hasBegun(started.database, command));
      const group = childWith(`migrations ${command}`) as number;
      process.kill(group, 'SIGKILL');
      await expect(first).rejects.toMatchObject({ code: 'MigrationFailed' });
      expect(groupMembers(group)).toEqual([]);
    });

    for (const [how, admin] of [
      ['by its role', true],
      ['without a role of its own: by its sessions and its lock', false],
    ] as const) {
      test(`the worker died and the command goes on: the next attempt waits for it and has nothing left to do (${how})`, async () => {
        const started = await ready({}, admin);
        const heldUp = holdUp(kong);
        const pid = await orphan(kong, started, command, heldUp);
        const next = started.migrate();
        await waitFor('it waits for the other one', () => JSON.stringify(started.told).includes('earlier'));
        heldUp.letGo();
        const { before, after, ran } = await next;
        // Its sessions and its lock are gone before its process is.
        await waitFor('the other one has ended', () => groupMembers(pid).length === 0);
        expect(before).toEqual(after);
        expect(after.state).toBe(ENDS[command].state);
        expect([...ran].sort()).toEqual([...ENDS[command].ran].sort());
      });

      test(`the worker and the command died: its lock is removed, and the next attempt completes it (${how})`, async () => {
        const started = await ready({}, admin);
        process.kill(-(await orphan(kong, started, command, holdUp(kong))), 'SIGKILL');
        expect(await sql(started.database, `SELECT key FROM locks`)).toEqual([{ key: 'migrations' }]);
        await expectEnd(started);
      });
    }
  });

test('a lock that somebody took with the usual time-out is never removed', async () => {
  const started = await begin();
  await record.begin(started.database, started.input.upgrade, 'finish', [], { to: '3.9.1' });
  await started.activities.migrateUp(started.input);
  await sql(started.database, `INSERT INTO locks VALUES ('migrations', 'a person', now() + interval '60 seconds')`);
  await expect(started.activities.migrateFinish(started.input)).rejects.toMatchObject({ code: 'MigrationAborted' });
  expect(await sql(started.database, 'SELECT owner FROM locks')).toEqual([{ owner: 'a person' }]);
});
