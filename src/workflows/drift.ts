import { describeEntity, type ConfigurationChange, type Drift } from '../domain/configuration.ts';
import { Interruption } from './interruption.ts';
import { run } from './proxies.ts';
import type { Upgrade } from './upgrade.ts';

/** How many entities stand in the reason; the status has more. */
const NAMED = 5;

/**
 * Proves that nobody changed the configuration since the last baseline, and that the guard still stands.
 *
 * @throws Interruption `drift`, with what changed in the status. A person may `accept` it: then the guard is put back where it was
 * broken, and what is there is the new baseline. A freeze that somebody has lifted can't be accepted.
 */
export async function proveNoDrift(u: Upgrade, when: string): Promise<void> {
  const { journal, control } = u;
  const { freeze } = journal.status;
  const at = { database: u.plan.database, upgrade: u.ref };
  const drift = await run(u.acts.freeze.checkDrift, `configuration unchanged ${when}?`, at);
  const found = whatIsWrong(drift);
  const accepted = found !== undefined && control.letGo.get('drift') === found && drift.guardFault?.kind !== 'lifted';
  if (accepted) {
    const baseline = await run(u.acts.freeze.takeBaseline, 'the accepted drift is the new baseline', {
      ...at,
      label: 'accepted drift',
    });
    control.letGo.delete('drift');
    if (freeze === undefined) return;
    Object.assign(freeze, { baseline, drift: [] });
    delete freeze.guardFault;
    return;
  }
  if (freeze !== undefined) {
    freeze.drift = drift.changes;
    // One that is lifted can't be accepted: the failure tells of it.
    if (drift.guardFault?.kind === 'broken') freeze.guardFault = drift.guardFault.text;
    else delete freeze.guardFault;
  }
  if (found === undefined) return;
  if (drift.guardFault?.kind === 'lifted')
    throw new Interruption('drift', `${drift.guardFault.text} (found ${when})`, { code: 'NotFrozen' });
  control.openFindings.set('drift', found);
  throw new Interruption('drift', reasonOf(drift, when), { code: 'ConfigurationDrift' });
}

/** Stands for what was found: who accepts it accepts this, and nothing that comes after. */
function whatIsWrong({ total, guardFault, fingerprint }: Drift): string | undefined {
  if (total === 0 && guardFault === undefined) return undefined;
  return guardFault === undefined ? fingerprint.whole : `${fingerprint.whole} ${guardFault.text}`;
}

function reasonOf({ total, changes, guardFault }: Drift, when: string): string {
  const first = changes.slice(0, NAMED).map(describe);
  const more = total > first.length ? ` and ${total - first.length} more` : '';
  const changed = `the configuration was changed while it was frozen (${when}): ${first.join(', ')}${more}`;
  if (guardFault === undefined) return changed;
  return total === 0
    ? `${guardFault.text} (found ${when}); nothing was changed yet`
    : `${changed}; and ${guardFault.text}`;
}

const describe = (change: ConfigurationChange): string => {
  const fields = change.fields === undefined ? '' : `: ${change.fields.join(', ')}`;
  return `${describeEntity(change)} ${change.change}${fields}`;
};
