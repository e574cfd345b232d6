import { formatDuration } from '../duration.ts';
import type { Finding } from '../findings.ts';
import type { Plan } from '../plan/index.ts';
import { pass, refuse, warn } from './finding.ts';

const TIGHT = 0.8;

/** The bakes alone must fit into the freeze; people's answers come on top. */
export function freezeTime({ freeze, traffic }: Pick<Plan, 'freeze' | 'traffic'>): Finding {
  const rule = 'freeze-limit';
  const bakes = traffic.steps.reduce((sum, { bake }) => sum + bake, 0);
  const figures = `the steps bake for ${formatDuration(bakes)}, and the freeze may last ${formatDuration(freeze.limit)}`;
  if (bakes > freeze.limit)
    return refuse(
      rule,
      `The configuration would be frozen for too long: ${figures}.`,
      'Shorten the bakes or raise freeze.limit.',
    );
  if (bakes > freeze.limit * TIGHT)
    return warn(
      rule,
      `Little of the freeze is left for migrations, tests and answers: ${figures}.`,
      'Shorten the bakes or raise freeze.limit.',
    );
  return pass(rule, `The freeze is long enough: ${figures}.`);
}
