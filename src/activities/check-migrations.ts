import type { ClusterRunner } from '../adapters/cluster/port.ts';
import type { MigrationRecord } from '../adapters/postgres/migration-record.ts';
import type { ReadPairFacts } from '../adapters/postgres/pair-facts.ts';
import type { ReadWrittenSince } from '../adapters/postgres/written-since.ts';
import { backupKeys } from '../domain/backup.ts';
import type { Finding } from '../domain/findings.ts';
import { inheritedMigrations, risksOf, unrehearsed, whatWillHappen } from '../domain/migrations/index.ts';
import type { MigrationState } from '../domain/migrations.ts';
import type { DatabaseRef, Side } from '../domain/plan/index.ts';
import * as rules from '../domain/rules/index.ts';
import type { Pair } from './contract.ts';
import { readEachNode } from './plugin-sets.ts';

export interface CheckMigrationsDeps {
  readonly record: Pick<MigrationRecord, 'begun' | 'abandoned'>;
  readonly pairFacts: ReadPairFacts;
  readonly writtenSince: ReadWrittenSince;
}

interface Of {
  readonly runner: ClusterRunner;
  readonly cluster: Side;
  readonly database: DatabaseRef;
  readonly runId: string;
}

/** X's own migrations are all done, for every node. */
export async function checkMigrationsOfX({ runner, cluster }: Of): Promise<Finding[]> {
  const nodes = await readEachNode(runner, cluster);
  const [first] = nodes;
  if (first === undefined) return [];
  return [rules.migrationState('x', first.state, []), rules.samePluginSets('x', nodes)];
}

/** What Y's `up` and `finish` will do, whether they can, and what is known to be dangerous about it. */
export async function checkMigrationsOfY(deps: CheckMigrationsDeps, of: Of, pair: Pair): Promise<Finding[]> {
  const { runner, cluster, database, runId } = of;
  const nodes = await readEachNode(runner, cluster);
  const [first] = nodes;
  if (first === undefined) return [];
  const { state } = first;
  const abandoned = await deps.record.abandoned(database, { runId });
  const begun = (await deps.record.begun(database, { runId }, 'up')) ?? [];
  const { pluginsInUse, ...facts } = await deps.pairFacts(database);
  const loaded = await Promise.all(
    cluster.nodes.map(async (node) => ({ node: node.name, plugins: await runner.plugins(node) })),
  );
  const abandonedBefore = await abandonedFindings(deps, of, pair, state, begun, abandoned);
  // What was refused or accepted before `up` ran must read the same after it.
  const all = [...new Set([...begun, ...state.new, ...state.pending])];
  const known = [...begun, ...inheritedMigrations(state, abandoned, cluster.version)];
  return [
    rules.migrationState('y', state, known),
    rules.samePluginSets('y', nodes),
    rules.pluginsKnown(pluginsInUse, loaded, cluster.version),
    ...rules.plannedMigrations(whatWillHappen(state.new, state.pending, cluster.version)),
    ...abandonedBefore,
    ...rules.pairRisks(
      [...risksOf(pair.x, cluster.version, all, facts), ...unrehearsed(all, runner.on, pair.accept)],
      pair.accept,
    ),
  ];
}

async function abandonedFindings(
  deps: CheckMigrationsDeps,
  { cluster, database }: Of,
  pair: Pair,
  state: MigrationState,
  begun: readonly string[],
  abandoned: Awaited<ReturnType<MigrationRecord['abandoned']>>,
): Promise<readonly Finding[]> {
  const [latest] = abandoned;
  return rules.abandonedUpgrade({
    state,
    begun,
    abandoned,
    x: pair.x,
    y: cluster.version,
    written: latest === undefined ? {} : await deps.writtenSince(database, latest.at),
    manifestKey: (upgrade) => backupKeys(pair.s3Prefix, upgrade, 'before').manifest,
  });
}
