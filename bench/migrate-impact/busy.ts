import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, type RunningProcess } from '../../sandbox/processes.ts';
import type { Stand } from './stand.ts';

/** Short transactions of others: what nodes read, and the counters that they write. */
const SCRIPT = `
\\set n random(1, 40000)
BEGIN;
SELECT c.username FROM consumers c JOIN keyauth_credentials k ON k.consumer_id = c.id WHERE k.key = 'key-' || :n;
SELECT config FROM plugins;
INSERT INTO ratelimiting_metrics (identifier, period, period_date, value, ttl)
  VALUES ('consumer-' || :n, 'minute', date_trunc('minute', now()), 1, now() + interval '1 minute')
  ON CONFLICT (identifier, period, period_date, service_id, route_id) DO UPDATE SET value = ratelimiting_metrics.value + 1;
COMMIT;
`;

const CONNECTIONS = 20;
export const TRANSACTIONS_PER_SECOND = 200;

/** Keeps the database busy at a steady pace (`pgbench --rate`), until it is stopped. */
export async function keepWriting({ dir, postgres }: Stand): Promise<RunningProcess> {
  const file = join(dir, 'busy.sql');
  writeFileSync(file, SCRIPT);
  const load = [`--client=${CONNECTIONS}`, `--rate=${TRANSACTIONS_PER_SECOND}`, '--time=600', '--no-vacuum'];
  const where = [`--host=${postgres.host}`, `--port=${postgres.port}`, `--username=${postgres.kong.user}`];
  const running = await startProcess({
    dir,
    name: 'pgbench',
    command: join(postgres.binDir, 'pgbench'),
    args: [...load, `--file=${file}`, ...where, postgres.kong.database],
    env: { PGPASSWORD: postgres.kong.password },
  });
  await running.waitUntil('the database is busy', async () => {
    const [row] = await postgres.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'pgbench' AND query <> ''`,
    );
    return Number(row?.['n']) >= CONNECTIONS / 2;
  });
  return running;
}
