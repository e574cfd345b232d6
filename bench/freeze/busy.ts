import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess } from '../../sandbox/processes.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import type { LargeDatabase } from './database.ts';

/** As Kong's nodes use the database for a request: a key and a route looked up, a counter raised. One transaction each. */
const script = (workspace: string, consumers: number) => `
\\set n random(1, ${consumers})
SELECT id, consumer_id, key, ttl FROM keyauth_credentials
  WHERE ws_id = '${workspace}' AND key = 'key-' || :n AND (ttl IS NULL OR ttl >= now());
SELECT id, username, custom_id, tags FROM consumers WHERE id = md5('consumers-' || :n)::uuid;
INSERT INTO ratelimiting_metrics (identifier, period, period_date, value, ttl)
  VALUES ('consumer-' || :n, 'minute', date_trunc('minute', now()), 1, now() + interval '1 minute')
  ON CONFLICT (identifier, period, period_date, service_id, route_id) DO UPDATE SET value = ratelimiting_metrics.value + 1;
`;

/** One round of the script, by one connection. Milliseconds; `from` since 1970. */
export interface Round {
  readonly from: number;
  readonly ms: number;
}

export interface BusyConnections {
  /** Waits until they have ended, and returns what each round took. Error if a statement failed. */
  end(): Promise<Round[]>;
  stop(): Promise<void>;
}

/** Keeps so many connections busy for so many seconds, each as fast as it can (`pgbench`). Resolves when all work. */
export async function keepBusy(
  { dir, postgres }: LargeDatabase,
  { connections, seconds, consumers }: { connections: number; seconds: number; consumers: number },
): Promise<BusyConnections> {
  const file = join(dir, 'busy.sql');
  const [workspace] = await postgres.query('SELECT id FROM workspaces');
  writeFileSync(file, script(String(workspace?.['id']), consumers));
  const logs = join(dir, 'busy-rounds');
  const load = [`--client=${connections}`, '--jobs=2', `--time=${seconds}`, '--protocol=prepared', '--no-vacuum'];
  const where = [`--host=${postgres.host}`, `--port=${postgres.port}`, `--username=${postgres.kong.user}`];
  const running = await startProcess({
    dir,
    name: 'pgbench',
    command: join(postgres.binDir, 'pgbench'),
    args: [...load, '--log', `--log-prefix=${logs}`, `--file=${file}`, ...where, postgres.kong.database],
    env: { PGPASSWORD: postgres.kong.password },
  });
  const count = async () => {
    const [row] = await postgres.query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'pgbench' AND query LIKE '%INTO ratelimiting%'",
    );
    return Number(row?.['n']) > connections / 4;
  };
  await running.waitUntil(`${connections} connections are busy`, count);
  return {
    stop: () => running.stop(),
    async end() {
      await waitFor('pgbench has ended', () => !running.isRunning(), { timeoutMs: (seconds + 60) * 1_000 });
      if (/error|aborted/i.test(running.log())) throw new Error(`pgbench: ${running.log()}`);
      return readdirSync(dir)
        .filter((name) => name.startsWith('busy-rounds'))
        .flatMap((name) => readFileSync(join(dir, name), 'utf8').trim().split('\n').map(toRound));
    },
  };
}

/** Of a line of pgbench's log: client, number, microseconds, script, and when it ended (seconds, microseconds). */
function toRound(line: string): Round {
  const [, , took = 0, , seconds = 0, micro = 0] = line.split(' ').map(Number);
  const ms = took / 1_000;
  return { from: seconds * 1_000 + micro / 1_000 - ms, ms };
}
