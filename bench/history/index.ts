import { Connection } from '@temporalio/client';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import { parsePlan } from '../../src/domain/plan/index.ts';
import { step, type Print } from '../../sandbox/log.ts';
import type { Bench } from '../harness/bench.ts';
import { figure } from '../harness/figure.ts';
import { setUpStand, type Stand } from '../support/stand.ts';
import { runUpgrade } from '../support/upgrade.ts';
import { largest } from './sizes.ts';
import { startFeedingWorker } from './worker.ts';

const HOUR = 3_600_000;

interface Run {
  readonly watch: string;
  readonly events: number;
  readonly bytes: number;
  readonly samples: number;
  readonly heartbeats: number;
  readonly seconds: number;
  readonly largest: Readonly<Record<string, string>>;
}

const changes = ({ traffic, verdict }: PlanInput): Partial<PlanInput> => ({
  traffic: { ...traffic, steps: [5, 25, 50, 75, 100].map((y) => ({ y, bake: '1s' })) },
  verdict: { ...verdict, every: '500ms', minRequests: 5 },
  freeze: { quiet: '0s' },
  keep: '1s',
  onFailure: { then: 'unwind' },
});

/** The time between two samples in a plan that says nothing about it, in milliseconds. */
function defaultInterval({ planInput }: Stand): number {
  const { verdict: _, ...silent } = planInput;
  const { plan } = parsePlan(silent);
  if (plan === undefined) throw new Error('A plan without `verdict` has faults.');
  return plan.verdict.every;
}

async function measureOne(stand: Stand, connection: Connection, watch: string, fed: () => Run['samples'][]) {
  await stand.reset();
  const load = await stand.startLoad();
  try {
    const { handle, tookMs } = await runUpgrade({ connection, plan: { ...stand.planInput, watch } });
    const { historyLength, raw } = await handle.describe();
    const bytes = Number(raw.workflowExecutionInfo?.historySizeBytes);
    const [samples = 0, heartbeats = 0] = fed();
    return {
      watch,
      events: historyLength,
      bytes,
      samples,
      heartbeats,
      seconds: Math.round(tookMs / 1000),
      largest: await largest(handle),
    } satisfies Run;
  } finally {
    await load.stop();
  }
}

async function measureAll(stand: Stand, hours: number, rounds: number, print: Print): Promise<Run[]> {
  let counts: number[] = [];
  const connection = await Connection.connect({ address: stand.sandbox.temporal.address });
  const worker = await startFeedingWorker(stand, connection, {
    lasting: hours * HOUR,
    every: defaultInterval(stand),
    fed: ({ samples, heartbeats }) => (counts = [samples, heartbeats]),
  });
  const take = () => {
    const taken = counts;
    counts = [];
    return taken;
  };
  const runs: Run[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1)
      for (const watch of ['4s', `${hours}h`])
        runs.push(
          await step(print, `Upgrade ${round} with a watch of ${watch}`, () =>
            measureOne(stand, connection, watch, take),
          ),
        );
  } finally {
    await worker.stop();
    await connection.close();
  }
  return runs;
}

export const bench: Bench = {
  about: 'events and bytes of the history of a 5-step upgrade, and what a watch of 24 h adds',
  async run({ quick, print }) {
    const hours = quick ? 1 : 24;
    const stand = await setUpStand('history', changes, print);
    try {
      const runs = await measureAll(stand, hours, quick ? 1 : 2, print);
      const short = runs.filter(({ watch }) => watch === '4s');
      const long = runs.filter(({ watch }) => watch !== '4s');
      const added = long.map(({ events }, index) => events - (short[index]?.events ?? 0));
      const values = (list: readonly Run[], key: 'events' | 'bytes', per = 1) => list.map((run) => run[key] / per);
      return {
        method:
          'Complete upgrades 3.6.1 -> 3.7.1 on the sandbox with real activities, five steps (5, 25, 50, 75, 100 %), both gates, a ' +
          'restore for a test and a rehearsal of `finish`. Events and bytes are what the Temporal server itself counts (historyLength and ' +
          `historySizeBytes of describe). The watch of ${hours} h is fed: one sample per default interval (${defaultInterval(stand) / 1000} s), judged by ` +
          'the code of the real watch, and one heartbeat per second of that time with the real details, each sent to the server and ' +
          'acknowledged by it, those of one sample side by side; only the waiting in between is left out.',
        figures: [
          figure({ name: '5 steps: events', unit: 'events', values: values(short, 'events'), atMost: 600 }),
          figure({ name: '5 steps: size', unit: 'kB', values: values(short, 'bytes', 1_000), atMost: 200 }),
          figure({
            name: `with a watch of ${hours} h: events`,
            unit: 'events',
            values: values(long, 'events'),
            atMost: 600,
          }),
          figure({
            name: `with a watch of ${hours} h: size`,
            unit: 'kB',
            values: values(long, 'bytes', 1_000),
            atMost: 200,
          }),
          figure({
            name: `events that ${hours} h of watch add`,
            unit: 'events',
            values: added,
            take: 'max',
            atMost: 100,
          }),
        ],
        against: [],
        runs,
      };
    } finally {
      await stand.stop();
    }
  },
};
