import { Connection } from '@temporalio/client';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import { startWorker } from '../../sandbox/demo/worker.ts';
import { step, type Print } from '../../sandbox/log.ts';
import type { Bench } from '../harness/bench.ts';
import { figure } from '../harness/figure.ts';
import { median } from '../harness/statistics.ts';
import { setUpStand, type Stand } from '../support/stand.ts';
import { runUpgrade } from '../support/upgrade.ts';
import { idleTime, phasesOf, type Phases } from './phases.ts';
import { runScript } from './script.ts';
import { requireUpgraded } from './upgraded.ts';

/** One upgrade by each, one right after the other. Milliseconds. */
interface Round {
  readonly scriptMs: number;
  readonly crossfadeMs: number;
  readonly activities: number;
  /** Of Crossfade's time, that in which no activity was at work. */
  readonly idleMs: number;
  readonly scriptPhases: Phases;
  readonly crossfadePhases: Phases;
}

const changes = ({ traffic, verdict }: PlanInput): Partial<PlanInput> => ({
  traffic: { ...traffic, steps: [5, 25, 50, 75, 100].map((y) => ({ y, bake: '0s' })) },
  verdict: { ...verdict, every: '100ms', minRequests: 5 },
  freeze: { quiet: '0s' },
  gates: { start: false },
  watch: '0s',
  keep: '0s',
  onFailure: { then: 'unwind' },
});

const LEFT_OUT =
  'The script leaves out what a shell has no equivalent for: the checked plan, search attributes, messages and the gate of `finish` ' +
  '(which Crossfade opens and a client answers at once), notifications, the report, heartbeats and retries, the watch of the ' +
  'metrics during the work of `finish`, the advisory lock and the record of begun migrations as a protection against other workers, ' +
  'the comparison of entities field by field, and every way back.';

async function measureAll(stand: Stand, rounds: number, print: Print): Promise<Round[]> {
  const worker = await startWorker(stand.dir, stand.workerEnv);
  const connection = await Connection.connect({ address: stand.sandbox.temporal.address });

  /** Each on a fresh database, under the same load. */
  async function onFresh<T>(upgrade: () => Promise<T>): Promise<T> {
    await stand.reset();
    const load = await stand.startLoad();
    try {
      const result = await upgrade();
      await requireUpgraded(stand);
      return result;
    } finally {
      await load.stop();
    }
  }

  const byScript = (name: string) => step(print, `${name} by the script`, () => onFresh(() => runScript(stand, name)));
  const byCrossfade = (name: string) =>
    step(print, `${name} by Crossfade`, () => onFresh(() => runUpgrade({ connection, plan: stand.planInput })));

  const done: Round[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const name = `upgrade-${round}`;
      const script = await byScript(name);
      const { handle, tookMs, activities } = await byCrossfade(name);
      done.push({
        ...{ scriptMs: script.tookMs, crossfadeMs: tookMs, activities, idleMs: await idleTime(handle) },
        ...{ scriptPhases: script.phases, crossfadePhases: await phasesOf(handle) },
      });
    }
  } finally {
    await connection.close();
    await worker.stop();
  }
  return done;
}

export const bench: Bench = {
  about: 'the same upgrade by a shell script and by Crossfade: what it adds per activity',
  async run({ quick, print }) {
    const stand = await setUpStand('overhead', changes, print);
    try {
      const rounds = await measureAll(stand, quick ? 1 : 5, print);
      const script = median(rounds.map(({ scriptMs }) => scriptMs));
      const added = rounds.map(({ crossfadeMs, activities }) => (crossfadeMs - script) / activities);
      const idle = rounds.map(({ idleMs, activities }) => idleMs / activities);
      return {
        method:
          `The upgrade 3.6.1 -> 3.7.1 on the sandbox under load, by bench/overhead/script/upgrade.sh (bash, psql, curl, pg_dump, kong) and ` +
          'by Crossfade with one worker, in turn, each on a fresh copy of the same database; bakes of zero, no gate but `finish`, which is ' +
          'approved as soon as it opens. Wall time from start to end; afterwards the same facts are read back from both. Added per activity: ' +
          'wall time of Crossfade minus the median of the script, divided by the activities in the history. As bash spends time of its own on ' +
          'starting processes, the second figure needs no script: the time of the run in which no activity was at work, by the history.',
        figures: [
          figure({ name: 'added per activity', unit: 'ms', values: added, atMost: 60 }),
          figure({ name: 'time without any activity, per activity', unit: 'ms', values: idle, atMost: 60 }),
          figure({ name: 'whole upgrade', unit: 's', values: rounds.map(({ crossfadeMs }) => crossfadeMs / 1000) }),
          figure({ name: 'ratio', unit: 'times', values: rounds.map(({ crossfadeMs }) => crossfadeMs / script) }),
          figure({ name: 'activities', unit: 'activities', values: rounds.map(({ activities }) => activities) }),
        ],
        against: [
          figure({
            name: 'whole upgrade by the script',
            unit: 's',
            values: rounds.map(({ scriptMs }) => scriptMs / 1000),
          }),
        ],
        runs: rounds,
        notes: [LEFT_OUT],
      };
    } finally {
      await stand.stop();
    }
  },
};
