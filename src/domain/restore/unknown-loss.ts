import type { Finding } from '../findings.ts';
import type { RestoreLook } from './facts.ts';

/** People `accept` it by this name. */
export const LOSS_UNKNOWN = 'loss-unknown';

/** That nobody can say what would be lost; `undefined` where it was compared, or where nothing is replaced. */
export function unknownLoss({ present }: RestoreLook, database: string): Finding | undefined {
  if (present === undefined || present.written !== undefined) return undefined;
  return {
    rule: LOSS_UNKNOWN,
    level: 'refuse',
    message: `What will be lost is not known: ${database} could not be compared with the backup: ${whyNotCompared(present)}`,
    hint: 'Let an account read all of it and `reject`, then restore again; or accept that whatever is in there is lost to Kong.',
  };
}

export const whyNotCompared = ({ notCompared }: NonNullable<RestoreLook['present']>): string =>
  notCompared ?? 'it was not read';
