import { Client, type Connection, type WorkflowHandle } from '@temporalio/client';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import { TASK_QUEUE, upgradeWorkflowId } from '../../src/domain/names.ts';
import { scheduled } from './scheduled.ts';

/** One upgrade from its start to its end. */
export interface Upgrade {
  readonly handle: WorkflowHandle;
  /** From the call that started it to its result, in milliseconds. */
  readonly tookMs: number;
  /** How many activities it had, however often each was tried. */
  readonly activities: number;
}

export interface UpgradeOptions {
  readonly connection: Connection;
  readonly plan: PlanInput;
  /** Called once it has been started. */
  readonly begun?: (handle: WorkflowHandle) => void;
  /** Called at each activity that the workflow schedules. */
  readonly onActivity?: () => void;
}

/** Runs an upgrade. Every gate is approved by a signal as soon as it opens; any other end than `completed` is an error. */
export async function runUpgrade({ connection, plan, begun, onActivity }: UpgradeOptions): Promise<Upgrade> {
  const client = new Client({ connection });
  const started = performance.now();
  const options = { taskQueue: TASK_QUEUE, workflowId: upgradeWorkflowId(plan.cluster), args: [plan] };
  const handle = await client.workflow.start('blueGreenUpgrade', options);
  begun?.(handle);
  const following = answer(connection, handle, onActivity);
  const result = (await handle.result()) as { outcome: string; reason?: string };
  const tookMs = performance.now() - started;
  const { activities, told } = await following;
  if (result.outcome === 'completed') return { handle, tookMs, activities };
  throw new Error(`The upgrade ended "${result.outcome}": ${result.reason ?? 'no reason given'}\n${told.join('\n')}`);
}

/** Reads what people are told, as it happens, and answers. */
async function answer(
  connection: Connection,
  handle: WorkflowHandle,
  onActivity?: () => void,
): Promise<{ activities: number; told: readonly string[] }> {
  const told: string[] = [];
  let activities = 0;
  for await (const { name, input } of scheduled(connection, handle)) {
    activities += 1;
    onActivity?.();
    if (name !== 'notify') continue;
    const { text } = input as { text: string };
    told.push(text);
    const gate = /^gate (\S+) waits for approval$/.exec(text)?.[1];
    if (gate !== undefined) await handle.signal('approve', { gate, by: 'bench' });
    if (text.startsWith('held in ')) await handle.signal('abandon', { by: 'bench', reason: 'a bench does not wait' });
  }
  return { activities, told };
}
