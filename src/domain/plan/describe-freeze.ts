import { formatDuration } from '../duration.ts';
import type { Plan } from './schema.ts';

/** How long nobody can change Kong's configuration, in milliseconds: from the freeze until `finish` is done. */
export interface FreezeEstimate {
  /** All bakes: what it takes when everybody answers at once. */
  readonly bakes: number;
  /** Every bake extended, every gate answered at its last moment. */
  readonly longest: number;
  /** Gates that are open while the configuration is frozen. */
  readonly gates: readonly string[];
}

export function estimateFreeze(plan: Plan): FreezeEstimate {
  const { traffic, verdict, gates } = plan;
  const bakes = sum(traffic.steps.map((step) => step.bake));
  const asked = traffic.steps.filter((step) => step.approve);
  const waits = asked.length * gates.shift.expires + gates.finish.expires;
  const extensions = traffic.steps.length * verdict.extend;
  return {
    bakes,
    longest: bakes + extensions + waits,
    gates: [...asked.map((step) => `shift:${step.y}`), 'finish'],
  };
}

/** The price that colleagues pay, in three lines. */
export function describeFreeze(plan: Plan): string[] {
  const { bakes, longest, gates } = estimateFreeze(plan);
  const { limit } = plan.freeze;
  const hold = formatDuration(plan.onFailure.expires);
  const most = `${formatDuration(limit)} (freeze.limit): then people are alerted and the upgrade holds; a hold that nobody answers ends after ${hold} by undoing everything`;
  const lines = [
    'Nobody can change the configuration of Kong from `freeze` to `thaw`.',
    `expected  ${formatDuration(bakes)} of bakes, plus the work itself (backup, restore, tests), plus the time until people approve ${gates.join(', ')}`,
    `at most   ${most}`,
  ];
  if (bakes >= limit) lines.push('          the bakes alone take longer than the limit: the upgrade would always hold');
  else if (longest > limit)
    lines.push(
      `          if every gate were answered at its last moment it would take ${formatDuration(longest)}, more than the limit`,
    );
  return lines;
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
