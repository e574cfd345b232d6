import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { MessageName } from '../../src/domain/names.ts';
import type { GateStatus, TimelineEntry, UpgradeStatus } from '../../src/domain/status/index.ts';
import type { UpgradeResult } from '../../src/workflows/conclude.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import type { World } from './fake-activities-world.ts';

/** One upgrade in a test: what is sent to it, what it shows, and the world that it acts on. */
export class Run {
  readonly handle: WorkflowHandle;
  readonly world: World;

  constructor(handle: WorkflowHandle, world: World) {
    this.handle = handle;
    this.world = world;
  }

  status = (): Promise<UpgradeStatus> => this.handle.query<UpgradeStatus>('status');
  timeline = (): Promise<TimelineEntry[]> => this.handle.query<TimelineEntry[]>('timeline');
  gates = (): Promise<GateStatus[]> => this.handle.query<GateStatus[]>('gates');
  result = (): Promise<UpgradeResult> => this.handle.result() as Promise<UpgradeResult>;

  signal = (name: MessageName, payload: unknown): Promise<void> => this.handle.signal(name, payload);

  /** Sends an update; a refusal is an answer like any other. */
  async ask(name: MessageName, payload: unknown): Promise<{ accepted: boolean; text: string }> {
    try {
      return { accepted: true, text: await this.handle.executeUpdate<string, [unknown]>(name, { args: [payload] }) };
    } catch (error) {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      return { accepted: false, text: error.cause?.message ?? error.message };
    }
  }

  /** Waits until the status is as told. */
  until(what: string, holds: (status: UpgradeStatus) => boolean): Promise<UpgradeStatus> {
    return waitFor(
      what,
      async () => {
        const status = await this.status();
        return holds(status) ? status : undefined;
      },
      { timeoutMs: 300_000, everyMs: 50 },
    );
  }

  untilState = (state: UpgradeStatus['state']): Promise<UpgradeStatus> =>
    this.until(`state ${state}`, (status) => status.state === state);

  untilGate = (gate: string): Promise<UpgradeStatus> =>
    this.until(`gate ${gate} is open`, ({ gates }) => gates.some((one) => one.gate === gate && one.state === 'open'));

  async approve(gate: string, by = 'ann'): Promise<void> {
    await this.untilGate(gate);
    await this.signal('approve', { by, gate });
  }

  /** How many activities Temporal was asked to cancel so far. */
  async cancelRequests(): Promise<number> {
    const { events } = await this.handle.fetchHistory();
    return (events ?? []).filter((event) => event.activityTaskCancelRequestedEventAttributes).length;
  }

  async historyToReplay() {
    return { workflowId: this.handle.workflowId, history: await this.handle.fetchHistory() };
  }
}
