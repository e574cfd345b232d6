import { CrossfadeError } from '../../../domain/errors/index.ts';
import { decideTesters, decideWeight } from '../../../domain/traffic/change.ts';
import type { TrafficState } from '../../../domain/traffic/state.ts';
import type { TestersChange, WeightChange } from '../port.ts';
import type { Mark } from './mark.ts';

/** What the mark of a change will say. */
export type Wanted = Pick<Mark, 'epoch' | 'by' | 'weight' | 'testers'>;

/** What a new weight makes of what is in force; `undefined`: it is so already. Errors `StaleEpoch`, `ForeignChange`. */
export function wantedWeight(
  place: string,
  now: TrafficState,
  { upgrade, weight, epoch, expected }: WeightChange,
): Wanted | undefined {
  const by = upgrade.runId;
  const change = { by, weight, epoch, ...(expected === undefined ? {} : { expected }) };
  const decision = decideWeight(now, change);
  if (decision.do === 'refuse') throw refused(place, decision);
  return decision.do === 'nothing' ? undefined : { by, epoch, weight, testers: now.testers ?? false };
}

/** The same for the way of testers. */
export function wantedTesters(
  place: string,
  now: TrafficState,
  { upgrade, open, epoch }: TestersChange,
): Wanted | undefined {
  const by = upgrade.runId;
  const decision = decideTesters(now, { by, open, epoch });
  if (decision.do === 'refuse') throw refused(place, decision);
  return decision.do === 'nothing' ? undefined : { by, epoch, weight: now.weight, testers: open };
}

/** What was read back is what was wanted. Error `WeightNotApplied`. */
export function checkApplied(place: string, after: TrafficState, wanted: Wanted): TrafficState {
  const { weight, epoch, by, testers = wanted.testers } = after;
  if (weight === wanted.weight && epoch === wanted.epoch && by === wanted.by && testers === wanted.testers)
    return after;
  throw new CrossfadeError(
    'WeightNotApplied',
    `${place} shows ${weight} % on Y of epoch ${epoch} after it was set to ${wanted.weight} % of epoch ${wanted.epoch}.`,
  );
}

const refused = (place: string, { code, why }: { code: 'StaleEpoch' | 'ForeignChange'; why: string }): CrossfadeError =>
  new CrossfadeError(code, `The traffic of ${place} was not changed: ${why}.`);
