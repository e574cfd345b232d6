import { rmSync, writeFileSync } from 'node:fs';
import { Connection, type WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { NODE_NAMES } from '../../sandbox/demo/addresses.ts';
import { startWorker } from '../../sandbox/demo/worker.ts';
import type { Print } from '../../sandbox/log.ts';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import type { WatchResult } from '../../src/domain/verdict/index.ts';
import { scheduled } from '../support/scheduled.ts';
import { setUpStand, type Stand } from '../support/stand.ts';
import { runUpgrade } from '../support/upgrade.ts';

/** One upgrade that goes back, by the history's times. Milliseconds from the moment that the `fail` was known to the server. */
export interface Retreat {
  /** Until the activity that moves the traffic begins. */
  readonly toSet: number;
  /** Until its result is there: set, and read back as 0 %. */
  readonly toReadBack: number;
}

const FAULTS = { proxy: { ratio: 0.2, status: 500 }, nodes: NODE_NAMES.y };

const changes = ({ traffic, verdict }: PlanInput): Partial<PlanInput> => ({
  traffic: { ...traffic, steps: [50, 100].map((y) => ({ y, bake: '60s' })) },
  verdict: { ...verdict, every: '500ms' },
  freeze: { quiet: '0s' },
  gates: { start: false },
  onFailure: { then: 'unwind' },
});

/** The demo's upgrade with an Y that begins to answer errors as soon as it has traffic. */
export async function measureRetreats(count: number, print: Print): Promise<Retreat[]> {
  const stand = await setUpStand('rollback-time', changes, print);
  try {
    const worker = await startWorker(stand.dir, stand.workerEnv);
    const connection = await Connection.connect({ address: stand.sandbox.temporal.address });
    const retreats: Retreat[] = [];
    try {
      for (let round = 0; round < count; round += 1) retreats.push(await retreat(stand, connection));
    } finally {
      await connection.close();
      await worker.stop();
    }
    return retreats;
  } finally {
    await stand.stop();
  }
}

async function retreat(stand: Stand, connection: Connection): Promise<Retreat> {
  rmSync(stand.places.faults, { force: true });
  await stand.reset();
  const load = await stand.startLoad();
  let handle: WorkflowHandle | undefined;
  try {
    const begun = (one: WorkflowHandle) => {
      handle = one;
      void breakY(stand, connection, one);
    };
    await runUpgrade({ connection, plan: stand.planInput, begun }).catch((error: unknown) => {
      if (!String(error).includes('ended "rolled-back"')) throw error;
    });
  } finally {
    await load.stop();
  }
  if (handle === undefined) throw new Error('the upgrade was not started');
  return fromHistory(handle);
}

async function breakY({ places }: Stand, connection: Connection, handle: WorkflowHandle): Promise<void> {
  for await (const { name } of scheduled(connection, handle))
    if (name === 'watchTraffic') return writeFileSync(places.faults, JSON.stringify(FAULTS));
}

async function fromHistory(handle: WorkflowHandle): Promise<Retreat> {
  const { events = [] } = await handle.fetchHistory();
  const acts = new Map<string, { readonly name: string; readonly weight: number | undefined; started?: number }>();
  let failedAt: number | undefined;
  for (const event of events ?? []) {
    const at = tsToMs(event.eventTime);
    const { activityTaskScheduledEventAttributes: made, activityTaskStartedEventAttributes: started } = event;
    if (made) {
      const input = read(made.input?.payloads?.[0]) as { weight?: number } | undefined;
      acts.set(String(event.eventId), { name: made.activityType?.name ?? '', weight: input?.weight });
    }
    if (started) {
      const act = acts.get(String(started.scheduledEventId));
      if (act !== undefined) act.started = at;
    }
    const ended = event.activityTaskCompletedEventAttributes;
    const act = acts.get(String(ended?.scheduledEventId));
    if (act?.name === 'watchTraffic' && isFail(read(ended?.result?.payloads?.[0]))) failedAt = at;
    if (act?.name === 'setWeight' && act.weight === 0 && failedAt !== undefined)
      return { toSet: (act.started ?? at) - failedAt, toReadBack: at - failedAt };
  }
  throw new Error('nothing went back to X after a failed watch');
}

const isFail = (result: unknown): boolean => (result as WatchResult | undefined)?.verdict.verdict === 'fail';

const read = (payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0] | undefined | null): unknown =>
  payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
