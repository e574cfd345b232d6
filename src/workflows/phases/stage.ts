import { addressesOf } from '../../domain/plan/addresses.ts';
import { run } from '../proxies.ts';
import { together } from '../together.ts';
import { setTesters } from '../traffic.ts';
import type { Upgrade } from '../upgrade.ts';
import { plural } from '../../domain/plural.ts';

/** The user's tests on every node of Y, and the same requests to X and Y with their answers compared. */
export async function stage(u: Upgrade): Promise<string> {
  const { stage: wanted } = u.plan;
  const [x, y] = [addressesOf(u.plan.x), addressesOf(u.plan.y)];
  const [tests, { compared }] = await together(
    () => run(u.acts.stage.runTests, 'tests on Y', { side: 'y' as const, cluster: y, tests: wanted.tests }),
    () => run(u.acts.stage.compareAnswers, 'X and Y compared', { x, y, compare: wanted.compare }),
  );
  const ways = await setTesters(u, true);
  if (ways > 0) u.journal.note('traffic', 'testers reach Y');
  return `${plural(tests.passed, 'test')} passed on ${plural(tests.nodes, 'node')}, ${plural(compared, 'answer')} compared`;
}
