import { step, type Print } from '../../sandbox/log.ts';
import type { Bench } from '../harness/bench.ts';
import { figure, type Figure } from '../harness/figure.ts';
import { median, medianInterval } from '../harness/statistics.ts';
import type { ArmName } from './arms.ts';
import { TRANSACTIONS_PER_SECOND } from './busy.ts';
import { measureRun, OPEN_FOR, PER_SECOND, type Run } from './measure.ts';
import { setUpStand, type Stand } from './stand.ts';

/** What `up` locks: what 3.4.2 to 3.9.1 does, or also a table that requests read. */
const SCENARIOS = [
  { scenario: 'alters consumers', locking: 'consumers', arms: ['plain', 'crossfade', 'unseen', 'unseenWithoutRole'] },
  { scenario: 'as it is', locking: undefined, arms: ['plain', 'crossfade'] },
] as const;

type Scenario = (typeof SCENARIOS)[number]['scenario'];
type Measured = Run & { readonly scenario: Scenario; readonly round: number };

const WHO: Readonly<Record<ArmName, string>> = {
  plain: '`kong migrations up` in a shell',
  crossfade: 'Crossfade',
  unseen: 'Crossfade, transaction not seen before',
  unseenWithoutRole: 'the same, without a role of its own',
};

const METHOD =
  'Two nodes of the stand-in of Kong 3.4.2, 40,000 consumers, key-auth. Requests at a steady ' +
  `${PER_SECOND} per second, each with a key that no node has seen, so that each reads keyauth_credentials and consumers; the time ` +
  `counts from when a request was due, so that waiting in a queue counts. Beside it ${TRANSACTIONS_PER_SECOND} short transactions per second ` +
  'of pgbench on 20 connections. Somebody has a transaction open that has read consumers, plugins and clustering_data_planes; 1.5 s ' +
  `after its beginning \`up\` of 3.9.1 begins, and ${OPEN_FOR / 1_000} s after that the transaction ends. The p99 is of the requests that ` +
  'were due from the beginning of `up` to its end, at least to the end of the transaction. Each run on a fresh copy of the database with ' +
  'nodes just started; the arms of a round one after the other, in an order that turns from round to round; ratios within a round. ' +
  '"alters consumers": the first migration also takes the lock of an ALTER TABLE on consumers, as 3.2 to 3.3 does (a fault of the ' +
  'stand-in, which has no such old releases); "as it is": 3.4.2 to 3.9.1 alters clustering_data_planes only, which these requests do not ' +
  'read. "not seen before": the look at who holds locks is switched off, as if the transaction had begun just after it: what is left is ' +
  'the lock_timeout of 300 ms (or, without a role of its own, the watch that cancels) and the pauses.';

export const bench: Bench = {
  about: "X's p99 while `up` meets a long transaction: by Crossfade, and by `kong migrations up` in a shell",
  async run({ quick, print }) {
    const stand = await step(print, 'Two nodes of Kong 3.4.2 and 40,000 consumers', setUpStand);
    try {
      const runs = await measureAll(stand, quick ? 1 : 5, print);
      return {
        method: METHOD,
        figures: SCENARIOS.flatMap(({ scenario, arms }) =>
          arms.filter((arm) => arm !== 'plain').flatMap((arm) => ofArm(runs, scenario, arm)),
        ),
        against: SCENARIOS.flatMap(({ scenario }) => ofArm(runs, scenario, 'plain')),
        runs,
        notes: notes(runs),
      };
    } finally {
      await stand.stop();
    }
  },
};

async function measureAll(stand: Stand, rounds: number, print: Print): Promise<Measured[]> {
  const runs: Measured[] = [];
  for (let round = 0; round < rounds; round += 1)
    for (const { scenario, locking, arms } of SCENARIOS) {
      const turned = arms.map((_, index) => arms[(index + round) % arms.length] ?? 'plain');
      for (const arm of turned)
        await step(print, `Round ${round + 1}, ${scenario}: ${WHO[arm]}`, async () => {
          runs.push({ scenario, round: round + 1, ...(await measureRun(stand, arm, locking)) });
        });
    }
  return runs;
}

const of = (runs: readonly Measured[], scenario: Scenario, arm: ArmName): Measured[] =>
  runs.filter((run) => run.scenario === scenario && run.arm === arm);

function ofArm(runs: readonly Measured[], scenario: Scenario, arm: ArmName): Figure[] {
  const own = of(runs, scenario, arm);
  const named = (what: string, unit: string, value: (run: Measured) => number, take: 'median' | 'max' = 'median') =>
    figure({ name: `${scenario}, ${WHO[arm]}: ${what}`, unit, values: own.map(value), take });
  return [
    named('p99', 'ms', ({ during }) => during.p99Ms),
    ...(arm === 'plain' ? [] : [figure({ ...ratioName(scenario, arm), values: ratios(runs, scenario, arm) })]),
    named('p99 at rest', 'ms', ({ rest }) => rest.p99Ms),
    named('longest request', 'ms', ({ during }) => during.longestMs, 'max'),
    named('failed requests of a run, most', 'requests', ({ during }) => during.failed, 'max'),
    named('`up`, waiting included', 's', ({ upMs }) => upMs / 1_000),
  ];
}

const ratioName = (scenario: Scenario, arm: ArmName) => ({
  name: `${scenario}, ${WHO[arm]}: p99, ratio to a shell`,
  unit: 'times',
});

/** Of the same round. */
const ratios = (runs: readonly Measured[], scenario: Scenario, arm: ArmName): number[] =>
  of(runs, scenario, arm).map(({ round, during }) => {
    const plain = of(runs, scenario, 'plain').find((run) => run.round === round);
    return during.p99Ms / (plain?.during.p99Ms ?? NaN);
  });

function notes(runs: readonly Measured[]): string[] {
  return SCENARIOS.flatMap(({ scenario, arms }) =>
    arms
      .filter((arm) => arm !== 'plain')
      .map((arm) => {
        const found = ratios(runs, scenario, arm);
        const [low, high] = medianInterval(found).map((end) => end.toPrecision(2));
        const middle = median(found).toPrecision(2);
        return `${scenario}, ${WHO[arm]}: median ratio of the p99 to a shell ${middle}, 95 % interval ${low} to ${high}.`;
      }),
  );
}
