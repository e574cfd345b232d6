import type { UpgradeRef } from '../upgrade.ts';
import { utf8Length } from '../status/render-text.ts';

/** PostgreSQL cuts longer names off. */
const LONGEST = 63;

/** Only databases whose names begin so are ever dropped. */
export const RESTORED_PREFIX = 'crossfade_restore_';

/** The databases of one restore. */
export interface RestoreNames {
  /** That of the plan, which is replaced. */
  readonly database: string;
  /** The new one, until the names are swapped: the same for every attempt. */
  readonly restored: string;
  /** What the old one is called afterwards. */
  readonly kept: string;
}

const KEPT = '_before_restore_';

/** Before there is a run to take them from. */
export const namesToCome = (database: string): RestoreNames => ({
  database,
  restored: `${RESTORED_PREFIX}<run>`,
  kept: withEnding(database, `${KEPT}<date and time>`),
});

export function restoreNames(database: string, { runId, startedAt }: UpgradeRef): RestoreNames {
  const time = startedAt.slice(0, 19).replace(/[-:T]/g, '');
  // The end of the id: its beginning is a time.
  const run = runId.replace(/[^0-9a-z]/gi, '').slice(-12);
  return { database, restored: `${RESTORED_PREFIX}${run}`, kept: withEnding(database, `${KEPT}${time}`) };
}

/** As much of the name as PostgreSQL leaves room for, in whole characters. */
function withEnding(name: string, ending: string): string {
  let kept = '';
  for (const character of name) {
    if (utf8Length(kept + character + ending) > LONGEST) break;
    kept += character;
  }
  return kept + ending;
}
