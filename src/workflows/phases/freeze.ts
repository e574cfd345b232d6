import { frozenNews } from '../../domain/status/render-freeze.ts';
import { tell } from '../notify.ts';
import { run } from '../proxies.ts';
import { thaw } from '../undo-acts.ts';
import type { Upgrade } from '../upgrade.ts';
import { plural } from '../../domain/plural.ts';

/** Stops configuration updates: the user's own ways first, then the guard in the database. */
export async function freeze(u: Upgrade): Promise<string> {
  const { plan, acts, ref, journal } = u;
  const { database } = plan;
  u.undos.register('thaw', thaw(u));

  if (plan.freeze.before.length > 0) {
    const stop = { commands: plan.freeze.before, purpose: 'stop configuration updates' };
    await run(acts.hostOfY.runUserCommands, 'stop updates', stop);
  }
  const { quiet, quietWithin: within } = plan.freeze;
  journal.say('waiting for a moment without configuration writes');
  await run(acts.freeze.waitForQuiet, 'wait until nobody writes configuration', { database, quiet, within });

  const frozen = await run(acts.freeze.freezeConfiguration, 'install the guard', { database, upgrade: ref });
  const earlier = journal.status.freeze;
  const since = frozen.since ?? new Date().toISOString();
  journal.status.freeze = {
    frozen: true,
    ...(plan.startedBy === undefined ? {} : { ask: plan.startedBy }),
    since,
    limitAt: earlier?.limitAt ?? new Date(Date.parse(since) + plan.freeze.limit).toISOString(),
    guardedTables: frozen.guardedTables,
    unknownTables: frozen.unknownTables,
    unguardedTables: frozen.unguardedTables,
    nodeWriters: frozen.nodeWriters,
    ...(frozen.migratorRole === undefined ? {} : { migratorRole: frozen.migratorRole }),
    migrated: [],
    drift: [],
  };
  journal.publish();
  // Once: a `retry` goes on with the same freeze.
  if (earlier === undefined) void tell(u, 'alert', frozenNews(journal.status.freeze, journal.status));
  const baseline = await run(acts.freeze.takeBaseline, 'fingerprint', { database, upgrade: ref, label: 'freeze' });
  journal.status.freeze.baseline = baseline;
  return `${plural(frozen.guardedTables, 'table')} guarded, ${plural(baseline.rows, 'entity', 'entities')} fingerprinted`;
}
