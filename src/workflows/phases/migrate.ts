import { addressesOf } from '../../domain/plan/addresses.ts';
import { nodesOfY } from '../../domain/plan/roles.ts';
import { proveNoDrift } from '../drift.ts';
import { Interruption } from '../interruption.ts';
import { run } from '../proxies.ts';
import { together } from '../together.ts';
import type { Upgrade } from '../upgrade.ts';
import { plural } from '../../domain/plural.ts';
import { restartOneOfX } from './restart-x.ts';

const START_WITHIN_MS = 180_000;

/** `kong migrations up` without `finish`, a new baseline, X tested again and one node of it restarted, then Y started. */
export async function migrate(u: Upgrade): Promise<string> {
  const { plan, acts, ref, journal } = u;
  const { x, y, database, stage } = plan;
  await proveNoDrift(u, 'before `up`');

  // An abort ends what `up` waits for and the attempts that would come. The activity itself lets a command that has begun to its end,
  // and tells what it did: killing it in the middle of a migration can't be undone.
  journal.say('kong migrations up');
  const command = { cluster: y, database, upgrade: ref, from: x.version };
  const up = await run(acts.migrate.migrateUp, 'kong migrations up', command);
  const { migrations, freeze } = journal.status;
  migrations.before ??= up.before;
  migrations.afterUp = up.after;
  if (up.ran.length > 0) migrations.ran = up.ran;
  u.known.migrated = true;
  await newBaseline(u, 'up');

  const onX = { side: 'x' as const, cluster: addressesOf(x), tests: stage.tests };
  await together(
    () => proveXClean(u, 'after `up`'),
    () => run(acts.stage.runTests, 'X after `up`', onX),
  );
  await restartOneOfX(u);
  journal.say('starting Y');
  const start = { side: 'y' as const, cluster: nodesOfY(plan), database, within: START_WITHIN_MS };
  await run(acts.nodesOfY.startNodes, 'start Y', start);
  await run(acts.cluster.compareEntities, 'Y has the same entities as X', {
    x: addressesOf(x),
    y: addressesOf(y),
  });
  const changed = freeze?.migrated.length ?? 0;
  return `${plural(up.ran.length, 'migration')} ran, ${up.after.pending.length} pending, ${plural(changed, 'entity', 'entities')} changed by design`;
}

/** X's own command must still see nothing open: else a node of X might refuse to start. */
export async function proveXClean(u: Upgrade, when: string): Promise<void> {
  const { x, database } = u.plan;
  const input = { side: 'x' as const, cluster: x, database };
  const { state, pending, new: more } = await run(u.acts.hostOfX.readMigrations, `X's own migrations ${when}`, input);
  if (state === 'clean') return;
  const open = [...pending, ...more].join(', ');
  throw new Interruption(
    'failed',
    `\`kong migrations\` of X (${x.version}) says ${state} ${when}${open === '' ? '' : `: ${open}`}`,
    { code: 'XNotClean' },
  );
}

/** What a migration changed by design, by entity and field; it becomes the new baseline. */
export async function newBaseline(u: Upgrade, command: 'up' | 'finish'): Promise<void> {
  const at = { database: u.plan.database, upgrade: u.ref };
  const { freeze } = u.journal.status;
  const drift = await run(u.acts.freeze.checkDrift, `what \`${command}\` changed`, at);
  const baseline = await run(u.acts.freeze.takeBaseline, 'new baseline', { ...at, label: `after ${command}` });
  if (freeze === undefined) return;
  freeze.migrated = [...freeze.migrated, ...drift.changes];
  freeze.baseline = baseline;
}
