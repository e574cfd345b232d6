import { Interruption } from './interruption.ts';
import { run } from './proxies.ts';
import type { Upgrade } from './upgrade.ts';

/**
 * Proves that nobody changed the configuration since the last baseline.
 *
 * @throws Interruption `drift`, with what changed in the status. A person may `accept` it: then it becomes the new baseline.
 */
export async function proveNoDrift(u: Upgrade, when: string): Promise<void> {
  const { journal, control } = u;
  const { freeze } = journal.status;
  const at = { database: u.plan.database, upgrade: u.ref };
  const drift = await run(u.acts.freeze.checkDrift, `configuration unchanged ${when}?`, at);
  if (drift.total > 0 && control.letGo.get('drift') === drift.fingerprint.whole) {
    const baseline = await run(u.acts.freeze.takeBaseline, 'the accepted drift is the new baseline', {
      ...at,
      label: 'accepted drift',
    });
    if (freeze !== undefined) {
      freeze.baseline = baseline;
      freeze.drift = [];
    }
    control.letGo.delete('drift');
    return;
  }
  if (freeze !== undefined) freeze.drift = drift.changes;
  if (drift.total === 0) return;
  control.openFindings.set('drift', drift.fingerprint.whole);
  const first = drift.changes.slice(0, 5).map(({ table, id, name, change }) => `${table} ${name ?? id} ${change}`);
  const more = drift.total > first.length ? ` and ${drift.total - first.length} more` : '';
  throw new Interruption(
    'drift',
    `the configuration was changed while it was frozen (${when}): ${first.join(', ')}${more}`,
    { code: 'ConfigurationDrift' },
  );
}
