import { checkMigrationsOfX, checkMigrationsOfY } from '../../src/activities/check-migrations.ts';
import type { Pair } from '../../src/activities/contract.ts';
import { createReadPairFacts } from '../../src/adapters/postgres/pair-facts.ts';
import { createReadWrittenSince } from '../../src/adapters/postgres/written-since.ts';
import type { Finding } from '../../src/domain/findings.ts';
import type { DatabaseRef, Side } from '../../src/domain/plan/index.ts';
import { connect, nodeAt, runner, sideOf } from '../kong-adapter/fixture.ts';
import { record } from '../migrate/fixture.ts';

const deps = {
  record,
  pairFacts: createReadPairFacts(connect),
  writtenSince: createReadWrittenSince(connect),
};

/** A side whose nodes never run: each has these variables on top. */
export const sideWith = (version: string, ...nodes: readonly Record<string, string>[]): Side =>
  sideOf(
    version,
    nodes.map((env, index) => {
      const node = nodeAt(`n${index + 1}`, '/nowhere', [1, 2, 3]);
      return { ...node, env: { ...node.env, ...env } };
    }),
  );

interface Of {
  readonly x: string;
  readonly accept?: Pair['accept'];
  readonly runId?: string;
}

/** What preflight finds on Y's host about the migrations. */
export const checkY = (
  cluster: Side,
  database: DatabaseRef,
  { x, accept = [], runId = 'this-run' }: Of,
): Promise<Finding[]> =>
  checkMigrationsOfY(
    deps,
    { runner: runner(cluster, database), cluster, database, runId },
    { x, accept, s3Prefix: 'crossfade' },
  );

export const checkX = (cluster: Side, database: DatabaseRef): Promise<Finding[]> =>
  checkMigrationsOfX({ runner: runner(cluster, database), cluster, database, runId: 'this-run' });

export const levelsOf = (findings: readonly Finding[]): Record<string, string> =>
  Object.fromEntries(findings.map(({ rule, level }) => [rule, level]));

export const find = (findings: readonly Finding[], rule: string): Finding | undefined =>
  findings.find((one) => one.rule === rule);
