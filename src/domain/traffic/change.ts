import type { TrafficState } from './state.ts';

/** What to do with a change of the traffic, given what is in force. */
export type ChangeDecision =
  { readonly do: 'apply' | 'nothing' } | { readonly do: 'refuse'; readonly code: Refusal; readonly why: string };
export type Refusal = 'StaleEpoch' | 'ForeignChange';

interface Change {
  /** Workflow run id of the upgrade. */
  readonly by: string;
  readonly epoch: number;
}

/**
 * Decides on a weight. An older epoch is refused; so is the epoch in force with another weight, since one of the two is
 * not the upgrade's latest word. A new upgrade takes over with a newer epoch, if it finds the weight that it expects.
 */
export function decideWeight(
  now: TrafficState,
  change: Change & { weight: number; expected?: number },
): ChangeDecision {
  // A retreat that finds everything on X is done, whoever did it: an epoch that a person has set must not keep it from ending.
  if (change.expected === undefined && change.weight === 0 && now.weight === 0 && change.epoch <= now.epoch)
    return { do: 'nothing' };
  const late = refuseLate(now, change);
  if (late !== undefined) return late;
  if (now.epoch === change.epoch) {
    if (now.weight === change.weight) return { do: 'nothing' };
    const why = `epoch ${change.epoch} has set ${now.weight} %, and can't set ${change.weight} % as well`;
    return { do: 'refuse', code: 'StaleEpoch', why };
  }
  if (change.expected === undefined || change.expected === now.weight) return { do: 'apply' };
  const why = `${change.expected} % on Y was expected and ${now.weight} % was found`;
  return { do: 'refuse', code: 'ForeignChange', why };
}

/** Decides on taking a node out or putting it back. Several nodes may share the epoch of one step. */
export function decideOut(now: TrafficState, change: Change & { node: string; out: boolean }): ChangeDecision {
  const late = refuseLate(now, change);
  if (late !== undefined) return late;
  const already = now.out.includes(change.node) === change.out;
  return { do: already && now.epoch === change.epoch ? 'nothing' : 'apply' };
}

/** Decides on opening or closing the way of testers. It leaves the weight alone, and may share the epoch of its step. */
export function decideTesters(now: TrafficState, change: Change & { open: boolean }): ChangeDecision {
  const late = refuseLate(now, change);
  if (late !== undefined) return late;
  return { do: now.testers === change.open && now.epoch === change.epoch ? 'nothing' : 'apply' };
}

function refuseLate(now: TrafficState, change: Change): ChangeDecision | undefined {
  const who = now.by === undefined ? '' : ` (run ${now.by})`;
  if (change.epoch < now.epoch)
    return { do: 'refuse', code: 'StaleEpoch', why: `epoch ${change.epoch} is older than ${now.epoch}${who}` };
  if (change.epoch === now.epoch && change.by !== now.by)
    return { do: 'refuse', code: 'ForeignChange', why: `epoch ${now.epoch} was set by somebody else${who}` };
  return undefined;
}
