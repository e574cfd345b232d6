import { formatDuration } from '../duration.ts';
import { clock, elapsed } from './render-text.ts';
import type { FreezeStatus, UpgradeStatus } from './types.ts';

/** Clients of Kong's Admin API get no more than this; the reason stands in the node's error log. */
export const WHAT_A_WRITE_GETS = '500 "An unexpected error occurred"';

/** Who answers for the freeze. */
export const askFor = ({ freeze, upgrade }: Pick<UpgradeStatus, 'freeze' | 'upgrade'>): string =>
  freeze?.ask ?? `whoever runs ${upgrade.workflowId}`;

/** What colleagues must know when it begins. */
export function frozenNews(freeze: FreezeStatus, status: Pick<UpgradeStatus, 'freeze' | 'upgrade'>): string {
  const until = clock(freeze.limitAt, freeze.since);
  return (
    `the configuration of Kong cluster "${status.upgrade.cluster}" is frozen: every write (Admin API, Kong Manager, decK, ingress controllers) ` +
    `fails with ${WHAT_A_WRITE_GETS} until the upgrade has ended. Should it last until ${until}, the upgrade holds and people decide. Ask ${askFor(status)}.`
  );
}

/** And when it is over. */
export function thawedNews({ since, liftedAt }: FreezeStatus, { cluster }: UpgradeStatus['upgrade']): string {
  const lasted = liftedAt === undefined ? '' : ` It was frozen for ${formatDuration(elapsed(since, liftedAt))}.`;
  return `the configuration of Kong cluster "${cluster}" can be written again.${lasted}`;
}
