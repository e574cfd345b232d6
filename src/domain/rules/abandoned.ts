import type { Finding } from '../findings.ts';
import { leadsTo, whyNotAgain, type AbandonedUp } from '../migrations/index.ts';
import type { MigrationState } from '../migrations.ts';
import { plural } from '../plural.ts';
import { sameVersion } from '../version.ts';
import { pass, refuse, warn } from './finding.ts';

export interface AbandonedFacts {
  /** As Y's command sees it. */
  readonly state: MigrationState;
  /** What this very upgrade has begun itself. */
  readonly begun: readonly string[];
  /** The latest first. */
  readonly abandoned: readonly AbandonedUp[];
  readonly x: string;
  readonly y: string;
  /** Entities that were made or changed since the latest `up`, by table. */
  readonly written: Readonly<Record<string, number>>;
  /** Key of the manifest of the backup that the abandoned upgrade made before its `up`. */
  readonly manifestKey: (upgrade: AbandonedUp['upgrade']) => string;
}

const RULE = 'abandoned-upgrade';

/** An earlier upgrade ran `up` and was given up: whether this one may go on with what it has left, and what that means. */
export function abandonedUpgrade(facts: AbandonedFacts): readonly Finding[] {
  const { state, begun, x, y } = facts;
  // Where X has the version that the earlier upgrade led to, it was not abandoned.
  const abandoned = facts.abandoned.filter(({ to }) => !sameVersion(to, x));
  const open = state.pending.filter((name) => !begun.includes(name));
  const left = (one: AbandonedUp) => open.filter((name) => one.migrations.includes(name));
  for (const one of abandoned) {
    const refused = leadsTo(one, state, y) ? notRepeatable(one, facts) : undefined;
    if (refused !== undefined) return [refused];
  }
  const pending = abandoned.find((one) => left(one).length > 0);
  if (pending === undefined) return nothingPending(abandoned[0]);
  if (!leadsTo(pending, state, y)) return [toAnother(pending, left(pending), facts)];
  return [goesOn(pending, left(pending), facts)];
}

function nothingPending(latest: AbandonedUp | undefined): Finding[] {
  if (latest === undefined) return [];
  return [pass(RULE, `${describe(latest)}; nothing of it is pending, so this upgrade just goes on.`)];
}

/** What its `up` may have left half done, where that must not be run again. */
function notRepeatable(one: AbandonedUp, { state, y }: AbandonedFacts): Finding | undefined {
  const why = whyNotAgain({ ...state, new: state.new.filter((name) => one.inDoubt.includes(name)) }, y);
  if (why === undefined) return undefined;
  return refuse(
    RULE,
    `${describe(one)} in the middle of it, which must not be repeated. ${why}.`,
    'Compare the database with the backup of that upgrade, or restore it; a person decides how to go on.',
  );
}

/** Kong refuses `up` over what is pending of another version. */
function toAnother(one: AbandonedUp, left: readonly string[], { y, manifestKey }: AbandonedFacts): Finding {
  return refuse(
    RULE,
    `${describe(one)}. Pending of it: ${left.join(', ')}. Kong refuses \`up\` of ${y} over that.`,
    `Upgrade to ${one.to} first, which goes on with it; or, once no node of X is left, run \`kong migrations finish\` of ${one.to}; or restore the backup made before that \`up\` (${manifestKey(one.upgrade)}).`,
  );
}

function goesOn(one: AbandonedUp, left: readonly string[], facts: AbandonedFacts): Finding {
  const written = Object.entries(facts.written).map(([table, count]) => `${table} ${count}`);
  const since =
    written.length === 0
      ? 'No entity says that it was made or changed since then.'
      : `Made or changed since then: ${written.join(', ')}.`;
  const message = `${describe(one)}. This upgrade goes on with it: ${plural(left.length, 'migration')} already pending. ${since}`;
  const hint =
    'What X wrote since then lacks what `up` has added for older entities, and `finish` may lose or break it. The rehearsal of `finish` on a copy shows it: have tests that use these entities.';
  return warn(RULE, message, hint);
}

const describe = ({ upgrade, from, to, at }: AbandonedUp): string =>
  `An earlier upgrade (${upgrade.workflowId}, run ${upgrade.runId}) ran \`up\` from ${from ?? 'X'} to ${to} at ${at} and was abandoned`;
