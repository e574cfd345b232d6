import { isEnterprise, parseVersion } from '../version.ts';
import { KINDS, type Pair } from './risk-kinds.ts';

/** What a pair of versions must be judged by, besides its migrations: counts only, from the database. */
export interface PairFacts {
  /** Plugins whose counters or certificates are in a Redis, by name. */
  readonly redisPlugins: Readonly<Record<string, number>>;
  /** Plugins opentelemetry without `config.queue`. */
  readonly queuelessOpentelemetry: number;
  /** Rows of targets that have a newer one for the same target. */
  readonly duplicateTargets: number;
  /** Rows of license_llm_data (Enterprise). */
  readonly llmLicenses: number;
  /** Rows of clustering_sync_delta: X uses incremental sync. */
  readonly syncDeltas: number;
}

/** Dangers that a person may take, by the names that a plan accepts them under. */
export const ACCEPTABLE_RISKS = [
  'up-not-repeatable',
  'up-may-fail',
  'finish-deletes-duplicates',
  'finish-not-rehearsed',
] as const;

export type RiskName = (typeof ACCEPTABLE_RISKS)[number] | 'up-breaks-x' | 'up-fails' | 'finish-fails';

/** A danger of this very upgrade. */
export interface Risk {
  readonly name: RiskName;
  /** What happens, and to what. */
  readonly what: string;
  /** What to do instead of taking it. */
  readonly instead: string;
}

export const isAcceptable = (name: string): boolean => (ACCEPTABLE_RISKS as readonly string[]).includes(name);

/** Dangers of this upgrade. `migrations`: all that it has run or will run. */
export function risksOf(x: string, y: string, migrations: readonly string[], facts: PairFacts): Risk[] {
  const pair = pairOf(x, y, migrations);
  if (pair === undefined) return [];
  return KINDS.filter((kind) => kind.concerns(pair)).flatMap(({ name, affects, instead }) => {
    const what = affects(facts, pair);
    return what === undefined ? [] : [{ name, what, instead }];
  });
}

/** Without a rehearsal of `finish` on a copy, nothing shows what it does to this very configuration. */
export function unrehearsed(
  migrations: readonly string[],
  runnerOfY: 'local' | 'command',
  accept: readonly { readonly risk: string }[],
): Risk[] {
  const why =
    runnerOfY === 'command'
      ? 'the nodes of Y are run by commands of your own, which know no other database'
      : 'the plan does without';
  if (migrations.length === 0 || (runnerOfY === 'local' && !rehearsalIsWaived(accept))) return [];
  return [
    {
      name: NOT_REHEARSED,
      what: `\`finish\` is not rehearsed on a copy of the database: ${why}`,
      instead: 'Run Y by a local runner, or rehearse in staging with a copy of this very configuration.',
    },
  ];
}

const NOT_REHEARSED = 'finish-not-rehearsed';

/** The plan does without the rehearsal of `finish`, though there could be one. */
export const rehearsalIsWaived = (accept: readonly { readonly risk: string }[]): boolean =>
  accept.some(({ risk }) => risk === NOT_REHEARSED);

/** Dangers that the pair may have, by the versions alone, with the condition of each. */
export function possibleRisks(x: string, y: string, migrations: readonly string[]): { name: RiskName; when: string }[] {
  const pair = pairOf(x, y, migrations);
  return pair === undefined ? [] : KINDS.filter((kind) => kind.concerns(pair));
}

function pairOf(x: string, y: string, migrations: readonly string[]): Pair | undefined {
  const [from, to] = [parseVersion(x), parseVersion(y)];
  if (from === undefined || to === undefined) return undefined;
  return { x: from, y: to, enterprise: isEnterprise(y), migrations };
}
