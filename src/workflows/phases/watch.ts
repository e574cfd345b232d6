import { Interruption } from '../interruption.ts';
import type { Upgrade } from '../upgrade.ts';
import { breach, reasonsOf, watchTraffic } from '../watched.ts';

/** Keeps watching for a while after writes resumed. Only a person can decide what to do about a failure now. */
export async function watch(u: Upgrade): Promise<string> {
  if (u.plan.watch === 0) return 'not asked for';
  u.journal.say('watching Y');
  const result = await watchTraffic(u, 'watch', { bake: u.plan.watch });
  const { verdict } = result.verdict;
  if (verdict === 'fail') throw breach(result);
  if (verdict === 'pass') return 'pass';
  const why = reasonsOf(result.verdict);
  throw new Interruption('inconclusive', `no verdict while watching Y: ${why}`, { code: 'VerdictInconclusive' });
}
