import { step, type Print } from '../../sandbox/log.ts';
import type { Bench } from '../harness/bench.ts';
import { medianInterval } from '../harness/statistics.ts';
import { BALANCERS, BALANCER_TITLES, type BalancerName } from './arms.ts';
import { replacement, wholeShift, type Run } from './changes.ts';
import { against, figuresOf, oneByOne, type Measured } from './figures.ts';
import { measureCapacity, SHARE } from './load/index.ts';
import { ARMS, setUpStand, type ArmName, type Stand } from './stand.ts';
import { summarize } from './summary.ts';

/** Of each balancer, by Crossfade. */
const ENOUGH = 200_000;
const MOST_ROUNDS = 6;

const METHOD =
  'Four nginx stand for the Kong nodes (reload and quit are the same signals), behind a real nginx and a real HAProxy, on one machine with the clients: 80 ' +
  'keep-alive clients, 40 that connect anew for each request, 20 whose requests take 0.2 to 1 s; half of each send POST; none tries again. First what is ' +
  'served in the slowest of five seconds is measured, then 70 % of it sent at a steady pace: 0 -> 5 -> 25 -> 50 -> 100 %, each node of Y out, reloaded and in again, 0 %, with 1.75 s between one ' +
  'change and the next. During a change: requests sent from its beginning until 1 s after its end, all changes and reloads of nodes together; at rest: all others of the ' +
  'same run. Times of a request count from when it was due, if its client was held up before. When a request began is what the node says. By reloads: the ' +
  'same changes by a configuration file written anew and a reload. X stopped, Y started: in place, the balancer with its defaults, 1.4 s for a start, ' +
  'which is what Kong takes; 12 s for each way.';

export const bench: Bench = {
  about:
    'a whole shift under 70 % load through nginx and HAProxy: lost requests, p99, times; against reloads and a restart',
  async run({ quick, print }) {
    const stand = await setUpStand('shift');
    const runs: Measured[] = [];
    try {
      const enough = (balancer: BalancerName) =>
        runs
          .filter((run) => run.balancer === balancer && run.arm === 'crossfade')
          .reduce((n, run) => n + run.requests, 0) >= ENOUGH;
      const more = (round: number) =>
        round <= (quick ? 1 : 3) || (!quick && round <= MOST_ROUNDS && !BALANCERS.every(enough));
      for (let round = 1; more(round); round += 1) {
        const arms = round % 2 === 1 ? ARMS : [...ARMS].reverse();
        for (const balancer of BALANCERS)
          for (const arm of arms)
            runs.push(await told(print, { round, balancer, arm }, () => shift(stand, balancer, arm)));
      }
      for (const balancer of BALANCERS) {
        const which = { round: 1, balancer, arm: 'replacement' } as const;
        runs.push(await told(print, which, () => replace(stand, balancer)));
      }
    } finally {
      await stand.stop();
    }
    return { method: METHOD, figures: figuresOf(runs), against: against(runs), runs, notes: notes(runs) };
  },
};

type Which = Pick<Measured, 'round' | 'balancer' | 'arm'>;

async function told(print: Print, which: Which, work: () => Promise<Run>): Promise<Measured> {
  const { round, balancer, arm } = which;
  const run = await step(print, `${round}. ${BALANCER_TITLES[balancer]}, ${arm}`, work);
  const measured = { ...which, ...summarize(run) };
  const { failed, requests, perSecond, changeP99, restP99 } = measured;
  const p99 = `p99 ${changeP99.toFixed(1)} ms in changes, ${restP99.toFixed(1)} ms at rest`;
  print(
    `   ${Math.round(perSecond)} requests/s, ${failed} of ${requests} failed${arm === 'replacement' ? '' : `, ${p99}`}`,
  );
  return measured;
}

const shift = (stand: Stand, balancer: BalancerName, name: ArmName): Promise<Run> =>
  stand.withArm(balancer, name, async (arm) => {
    return wholeShift(arm, stand.nodes, SHARE * (await measureCapacity(arm.port)));
  });

const replace = (stand: Stand, balancer: BalancerName): Promise<Run> =>
  stand.withPlain(balancer, async ({ port }, x, y) => {
    return replacement(port, x, y, SHARE * (await measureCapacity(port)));
  });

function notes(runs: readonly Measured[]): string[] {
  const busiest = Math.max(...runs.map((run) => run.busiest));
  const rates = runs.map(({ perSecond }) => Math.round(perSecond));
  return [
    `Each run had ${Math.min(...rates)} to ${Math.max(...rates)} requests/s, 70 % of what was measured right before it.`,
    ...BALANCERS.map((balancer) => interval(runs, balancer)),
    `The busiest thread of clients was at work for ${Math.round(100 * busiest)} % of the time.`,
    'Nodes and clients share the processors with the balancer: the p99 says something of the balancer and the change, nothing of Kong.',
  ];
}

function interval(runs: readonly Measured[], name: BalancerName): string {
  const own = runs.filter(({ balancer, arm }) => balancer === name && arm === 'crossfade');
  const [low, high] = medianInterval(oneByOne(own)).map((end) => end.toPrecision(2));
  return `${BALANCER_TITLES[name]}: median ratio of the p99 of one change to the rest before it, 95 % interval ${low} to ${high}.`;
}
