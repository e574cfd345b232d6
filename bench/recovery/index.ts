import { Connection, type WorkflowHandle } from '@temporalio/client';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import type { Print } from '../../sandbox/log.ts';
import type { Bench } from '../harness/bench.ts';
import { figure } from '../harness/figure.ts';
import { setUpStand, type Stand } from '../support/stand.ts';
import { runUpgrade } from '../support/upgrade.ts';
import { killOnce, randomMoment, type Kill } from './kills.ts';
import { createRandom } from './random.ts';
import { firstPoll } from './moments.ts';
import { launchWorker } from '../../sandbox/demo/worker.ts';
import { identityOf } from './worker.ts';

const changes = ({ traffic, verdict }: PlanInput): Partial<PlanInput> => ({
  traffic: { ...traffic, steps: [25, 50, 100].map((y) => ({ y, bake: '3s' })) },
  verdict: { ...verdict, every: '500ms' },
  gates: { start: false },
  // Nothing but timers would be waited for: there a worker has nothing to resume.
  keep: '0s',
  onFailure: { then: 'unwind' },
});

interface Found {
  readonly kills: readonly Kill[];
  readonly upgrades: number;
  readonly faults: readonly string[];
}

async function killMany(stand: Stand, wanted: number, random: () => number, print: Print): Promise<Found> {
  const connection = await Connection.connect({ address: stand.sandbox.temporal.address });
  let worker = await launchWorker(stand.dir, stand.workerEnv);
  await firstPoll(connection, identityOf(worker));
  const kills: Kill[] = [];
  const faults: string[] = [];
  let upgrades = 0;
  try {
    while (kills.length < wanted) {
      await stand.reset();
      const load = await stand.startLoad();
      const { promise: begun, resolve } = Promise.withResolvers<WorkflowHandle>();
      let running = true;
      let activities = 0;
      const onActivity = () => void (activities += 1);
      const upgrade = runUpgrade({ connection, plan: stand.planInput, begun: resolve, onActivity })
        .catch((error: unknown) => void faults.push(String(error)))
        .finally(() => (running = false));
      const handle = await begun;
      while (kills.length < wanted) {
        await randomMoment(
          random,
          () => activities,
          () => running,
        );
        if (!running) break;
        const { next, recovered } = await killOnce({ connection, stand, handle, worker });
        worker = next;
        if (recovered === undefined) continue;
        kills.push(recovered);
        const { during, startMs, recoveryMs } = recovered;
        const seconds = (ms: number) => (ms / 1000).toFixed(2);
        const what = during.join(', ') || 'between activities';
        print(`${kills.length}. in ${what}: polls after ${seconds(startMs)} s, goes on ${seconds(recoveryMs)} s later`);
      }
      await upgrade;
      await load.stop();
      upgrades += 1;
    }
  } finally {
    await worker.stop();
    await connection.close();
  }
  return { kills, upgrades, faults };
}

export const bench: Bench = {
  about: 'kill -9 of the worker at random moments: how long until a new one makes progress',
  async run({ quick, print, seed }) {
    print(`Seed: ${seed} (again with the same moments: --seed ${seed})`);
    const stand = await setUpStand('recovery', changes, print);
    try {
      const { kills, upgrades, faults } = await killMany(stand, quick ? 5 : 30, createRandom(seed), print);
      const recovery = kills.map(({ recoveryMs }) => recoveryMs / 1000);
      const start = kills.map(({ startMs }) => startMs / 1000);
      const whole = kills.map(({ startMs, recoveryMs }) => (startMs + recoveryMs) / 1000);
      return {
        method:
          `kill -9 of the worker at ${kills.length} random moments (seed ${seed}) of ${upgrades} upgrades 3.6.1 -> 3.7.1 on the sandbox under load, ` +
          'real activities; another worker is started at once. Both moments are by the clock of the Temporal server: the first poll ' +
          'of the new worker on any of its queues (lastAccessTime of describeTaskQueue, asked every 10 ms), and the first event in ' +
          'the history that the new worker wrote or the first attempt of an activity that it began, whichever was first.',
        figures: [
          figure({ name: 'poll to progress, median', unit: 's', values: recovery, atMost: 1 }),
          figure({ name: 'poll to progress, longest', unit: 's', values: recovery, take: 'max', atMost: 12 }),
          figure({ name: 'upgrades that did not complete', unit: 'upgrades', values: [faults.length], atMost: 0 }),
          figure({ name: 'kill to first poll (process start)', unit: 's', values: start }),
          figure({ name: 'kill to progress', unit: 's', values: whole }),
        ],
        against: [],
        runs: kills,
        notes: faults,
      };
    } finally {
      await stand.stop();
    }
  },
};
