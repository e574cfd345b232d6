import { step, type Print } from '../../sandbox/log.ts';
import { withConnection } from '../../src/adapters/postgres/connect.ts';
import { createFingerprints } from '../../src/adapters/postgres/fingerprint.ts';
import { configurationTables, readKongSchema } from '../../src/adapters/postgres/kong-tables.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import type { LargeDatabase } from './database.ts';

/** One round: each reads the same rows, on a connection of its own, one right after the other. Milliseconds. */
export interface FingerprintRound {
  readonly plainMs: number;
  readonly computeMs: number;
  readonly driftMs: number;
}

export interface MeasuredFingerprints {
  readonly rows: number;
  readonly bytes: number;
  /** Taking a baseline: the fingerprint and a row of hashes for each entity, written down. Once. */
  readonly baselineMs: number;
  readonly rounds: readonly FingerprintRound[];
}

export async function measureFingerprints(
  { connect, database, postgres }: LargeDatabase,
  upgrade: UpgradeRef,
  rounds: number,
  print: Print,
): Promise<MeasuredFingerprints> {
  const fingerprints = createFingerprints(connect);
  const tables = await withConnection(connect(database), async (client) =>
    configurationTables(await readKongSchema(client)).map(({ sql }) => sql),
  );
  const plain = () =>
    withConnection(connect(database), async (client) => {
      for (const table of tables) await client.query(`SELECT count(*), sum(length(t::text)) FROM ${table} AS t`);
    });
  const [size] = await postgres.query(
    `SELECT sum(n)::int AS rows, sum(b)::float8 AS bytes FROM (${tables
      .map((table) => `SELECT count(*) AS n, sum(length(t::text)) AS b FROM ${table} AS t`)
      .join(' UNION ALL ')}) AS each`,
  );
  const baselineMs = await timed(() => fingerprints.takeBaseline(database, upgrade, 'bench'));
  const measured: FingerprintRound[] = [];
  for (let round = 1; round <= rounds; round += 1)
    measured.push(
      await step(print, `Fingerprint, round ${round}`, async () => {
        const before = round % 2 === 1 ? await timed(plain) : undefined;
        const computeMs = await timed(() => fingerprints.compute(database));
        const driftMs = await timed(() => fingerprints.drift(database, upgrade));
        // Who comes first finds the tables less well cached: in turn.
        const plainMs = before ?? (await timed(plain));
        return { plainMs, computeMs, driftMs };
      }),
    );
  return { rows: Number(size?.['rows']), bytes: Number(size?.['bytes']), baselineMs, rounds: measured };
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
