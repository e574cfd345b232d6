import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../../../src/domain/plan/index.ts';
import type { Postgres } from '../../servers/postgres.ts';
import { startProcess } from '../../processes.ts';
import { waitFor } from '../../wait-for.ts';
import { createStock } from './stock.ts';
import type { Seen, Write, WriterOptions, WritersOptions, WritersResult } from './types.ts';

export interface Writers {
  /** Ends them when the last answer has come. */
  stop(): Promise<WritersResult>;
}

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));
const LAST_ANSWERS_MS = 30_000;
/** Some 25 writes a second, all writers together: the clients' load must not suffer from it. */
const EVERY_MS = 150;

/** While this file is there the writers rest. The plan's `freeze.before` makes it. */
export const pauseFile = (dir: string): string => join(dir, 'writers-paused');

/** A writer for the Admin API of each node of X and Y, from now on; those of Y have nobody to talk to until Y runs. */
export async function startWriters(dir: string, { x, y }: Plan, postgres: Postgres): Promise<Writers> {
  const admin = x.nodes[0]?.admin ?? '';
  const sides = [
    ['x', x.nodes],
    ['y', y.nodes],
  ] as const;
  const writers = await Promise.all(
    sides.flatMap(([side, nodes]) =>
      nodes.map(async (node): Promise<WriterOptions> => ({
        name: node.name,
        side,
        admin: node.admin,
        stock: await createStock(admin, node.name),
      })),
    ),
  );
  const { host, port, kong, admin: login } = postgres;
  const options: WritersOptions = {
    writers,
    pauseFile: pauseFile(dir),
    everyMs: EVERY_MS,
    database: { host, port, database: kong.database, user: login.user },
  };
  const running = await startProcess({
    dir,
    name: 'writers',
    command: process.execPath,
    args: [PROGRAM, JSON.stringify(options)],
    env: { PGPASSWORD: login.password },
  });
  return {
    async stop() {
      process.kill(running.pid, 'SIGTERM');
      await waitFor('the writers have ended', () => !running.isRunning(), { timeoutMs: LAST_ANSWERS_MS });
      const lines = running
        .log()
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'));
      const last = lines.pop();
      if (last?.startsWith('{"seen"') !== true)
        throw new Error(`The writers ended without a result: see ${running.logFile}.`);
      const { seen } = JSON.parse(last) as { seen: Seen | null };
      await running.stop();
      const stocks = writers.map(({ stock }) => stock);
      return { writes: lines.map((line) => JSON.parse(line) as Write), stocks, ...(seen === null ? {} : { seen }) };
    },
  };
}
