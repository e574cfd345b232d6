import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import { has, kongs } from './kongs.ts';
import { useStages, type Role, type Stage } from './stage.ts';

const openStage = useStages();
const ABORTED = 'aborted: another node is performing database changes\n';
const DONE = /5 pending\n\nDatabase has pending migrations; run 'kong migrations finish' when ready\n/;

/** A command in a process group of its own, and what it has said by its end. */
function inGroup(
  role: Role,
  args: readonly string[],
): { child: ChildProcess; said: Promise<string>; ended: Promise<unknown[]> } {
  const child = spawn(role.command, args, {
    env: { ...process.env, ...role.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const closed = once(child.stdout, 'end');
  return { child, said: closed.then(() => text), ended: once(child, 'exit') };
}

/** The lock's row: who waits and for how long. */
const lockRow = (stage: Stage): Promise<Record<string, unknown>[]> =>
  stage.query(
    `SELECT owner, extract(epoch FROM ttl - now())::int AS left, ttl > now() AS live FROM locks WHERE key = 'migrations'`,
  );

const pending = async (stage: Stage): Promise<unknown> =>
  (await stage.query(`SELECT count(*)::int AS n FROM schema_meta WHERE pending <> '{}'`))[0]?.['n'];

/** The migration that touches rows waits for the table `plugins`. */
async function untilBlocked(stage: Stage): Promise<void> {
  await waitFor('the migration waits', async () => {
    const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'kong' AND wait_event_type = 'Lock'`;
    return (await stage.query(sql)).length > 0;
  });
}

for (const kong of kongs().filter((each) => has(each, ['3.4.2', '3.9.1']))) {
  describe.concurrent(`recorded locking, 3.4.2 -> 3.9.1: ${kong.label}`, { timeout: 300_000 }, () => {
    const onStage = (title: string, check: (stage: Stage, a: Role, b: Role) => Promise<void>): void => {
      test(title, async () => {
        const stage = await openStage(kong);
        const [x, a, b] = [
          await stage.role('x', '3.4.2'),
          await stage.role('a', '3.9.1'),
          await stage.role('b', '3.9.1'),
        ];
        await x.kong(['migrations', 'bootstrap']);
        try {
          await check(stage, a, b);
        } finally {
          await stage.close();
        }
      });
    };
    const longUp = ['migrations', 'up', '--db-timeout', '300'];

    onStage(
      'while up runs: a second up waits and is aborted, finish is aborted at once, list and start look',
      async (stage, a, b) => {
        const unlock = await stage.lockTable('plugins');
        const first = a.kong(longUp);
        await untilBlocked(stage);
        expect(await lockRow(stage)).toMatchObject([{ live: true }]);
        const second = b.kong(longUp);
        expect(await b.kong(['migrations', 'finish'])).toMatchObject({
          code: 0,
          stdout: expect.stringContaining(ABORTED) as string,
        });
        expect((await b.kong(['migrations', 'list'])).code).toBe(5);
        expect((await b.kong(['migrations', 'bootstrap'])).stdout).toContain('Database already bootstrapped');
        const start = await b.kong(['start']);
        expect(start).toMatchObject({ code: 1, stderr: expect.stringContaining('New migrations available') as string });
        await unlock();
        expect(await first).toMatchObject({ code: 0, stdout: expect.stringMatching(DONE) as string });
        expect(await second).toMatchObject({ code: 0, stdout: expect.stringContaining(ABORTED) as string });
        expect(await lockRow(stage)).toEqual([]);
      },
    );

    for (const [signal, code] of [
      ['SIGKILL', null],
      ['SIGINT', 130],
      ['SIGTERM', 0],
    ] as const) {
      onStage(`${signal} to the first process alone does not stop the work`, async (stage, a) => {
        const unlock = await stage.lockTable('plugins');
        const { child, said, ended } = inGroup(a, longUp);
        await untilBlocked(stage);
        child.kill(signal);
        if (signal !== 'SIGTERM') expect((await ended)[0]).toBe(code);
        expect(await pending(stage)).toBe(0);
        await unlock();
        expect(await said).toMatch(DONE);
        expect(await pending(stage)).toBe(5);
        if (signal === 'SIGTERM') expect((await ended)[0]).toBe(code);
        await waitFor('the lock is given back', async () => (await lockRow(stage)).length === 0);
      });
    }

    onStage(
      'a killed group leaves its lock: the next up waits for it in vain, the one after that works',
      async (stage, a, b) => {
        const unlock = await stage.lockTable('plugins');
        const { child, said } = inGroup(a, ['migrations', 'up', '--db-timeout', '300']);
        await untilBlocked(stage);
        process.kill(-(child.pid ?? 0), 'SIGKILL');
        expect(await said).toBe('');
        expect(await lockRow(stage)).toMatchObject([{ live: true }]);
        await stage.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        await unlock();
        expect(await b.kong(['migrations', 'finish'])).toMatchObject({
          code: 0,
          stdout: expect.stringContaining(ABORTED) as string,
        });
        const next = b.kong(['migrations', 'up']);
        await waitFor('the next up looks at the lock', async () => {
          const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'kong' AND query LIKE '%locks%'`;
          return (await stage.query(sql)).length > 0;
        });
        // Instead of waiting for its 60 s.
        await stage.query('UPDATE locks SET ttl = now()');
        expect(await next).toMatchObject({ code: 0, stdout: expect.stringContaining(ABORTED) as string });
        expect(await pending(stage)).toBe(0);
        expect(await b.kong(['migrations', 'up'])).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(DONE) as string,
        });
      },
    );

    onStage(
      'a statement that takes too long fails the command, and the server applies it all the same',
      async (stage, a, b) => {
        const unlock = await stage.lockTable('plugins');
        const first = await a.kong(['migrations', 'up', '--db-timeout', '3']);
        expect(first.code).toBe(1);
        expect(first.stderr).toMatch(
          /failed to run migration '003_350_to_360' up: receive_message: failed to get type: timeout/,
        );
        expect(await lockRow(stage)).toEqual([]);
        await unlock();
        expect(await pending(stage)).toBe(0);
        const again = await b.kong(['migrations', 'up', '--db-timeout', '300']);
        expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(DONE) as string });
      },
    );

    onStage('the lock is not renewed: after --lock-timeout a second up runs beside the first', async (stage, a, b) => {
      const unlock = await stage.lockTable('plugins');
      const short = [...longUp, '--lock-timeout', '1'];
      const first = a.kong(short);
      await untilBlocked(stage);
      await waitFor('the lock has expired', async () => (await lockRow(stage))[0]?.['live'] === false);
      const second = b.kong(short);
      await waitFor(
        'both wait',
        async () =>
          (
            await stage.query(
              `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
            )
          ).length === 2,
      );
      await unlock();
      for (const ended of await Promise.all([first, second])) {
        expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(DONE) as string });
      }
    });
  });
}
