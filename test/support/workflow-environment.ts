import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkflowBundle,
} from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { startTemporal, type SearchAttributeType, type Temporal } from '../../sandbox/servers/temporal.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { ensureSearchAttributes, usableSearchAttributes } from '../../src/adapters/temporal/search-attributes.ts';
import { hostTaskQueue, TASK_QUEUE, upgradeWorkflowId } from '../../src/domain/names.ts';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import { activityInterceptor } from '../../src/interceptors/activity.ts';
import { payloadConverterPath, workflowBundle } from '../../src/worker/bundle.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { fakeActivities } from './fake-activities.ts';
import { World } from './fake-activities-world.ts';
import { ONE_HOST, testPlan, type Hosts } from './workflow-environment-plan.ts';
import { Run } from './workflow-environment-run.ts';

export interface EnvironmentOptions {
  /** Those of the server before the worker comes; `ensure` is what the real worker does then. */
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
  readonly ensureSearchAttributes?: boolean;
  readonly hosts?: readonly string[];
  /** Timers of the workflows as `steered-timers.ts` has them. */
  readonly steeredTimers?: boolean;
}

export interface StartOptions {
  readonly plan?: Partial<PlanInput>;
  readonly hosts?: Hosts;
  readonly workflow?: 'blueGreenUpgrade' | 'rollbackUpgrade' | 'restoreBackup';
  /** Prepares the world before anything runs. */
  readonly world?: (world: World) => void;
}

const dataConverter = { payloadConverterPath };

// Tests make activities fail on purpose: what the workers say about it would bury what a test says.
Runtime.install({ logger: new DefaultLogger('ERROR') });

/** A real Temporal server, workers as the real ones but with fake activities, and a client. One per test file. */
export class WorkflowEnvironment {
  readonly temporal: Temporal;
  readonly client: Client;
  readonly connection: Connection;
  private readonly worlds = new Map<string, World>();
  private readonly runs: Run[] = [];
  private readonly stops: (() => Promise<unknown>)[] = [];
  private count = 0;
  private bundle: WorkflowBundle | undefined;

  private constructor(temporal: Temporal, connection: Connection) {
    this.temporal = temporal;
    this.connection = connection;
    this.client = new Client({ connection, dataConverter });
  }

  static async create(options: EnvironmentOptions = {}): Promise<WorkflowEnvironment> {
    const dir = tempFolder();
    await makeFolder(dir);
    const temporal = await startTemporal({ dir, searchAttributes: options.searchAttributes ?? {} });
    const connection = await Connection.connect({ address: temporal.address });
    if (options.ensureSearchAttributes !== false) await ensureSearchAttributes(connection, 'default');
    const environment = new WorkflowEnvironment(temporal, connection);
    environment.bundle = await (options.steeredTimers === true ? steeredBundle() : workflowBundle());
    await environment.startWorkers(options.hosts ?? ['h1']);
    environment.stops.push(
      () => connection.close(),
      () => temporal.stop(),
      () => removeFolder(dir),
    );
    return environment;
  }

  /** The next cluster's name; each run has its own. */
  nextCluster(): string {
    this.count += 1;
    return `c${this.count}`;
  }

  world(cluster: string): World {
    const id = upgradeWorkflowId(cluster);
    const known = this.worlds.get(id) ?? new World();
    this.worlds.set(id, known);
    return known;
  }

  /** Starts an upgrade (or a rollback) of a cluster of its own, as a user would. */
  async start(options: StartOptions = {}): Promise<Run> {
    const cluster = this.nextCluster();
    const world = this.world(cluster);
    options.world?.(world);
    const plan = testPlan(cluster, options.plan, options.hosts ?? ONE_HOST);
    return this.startWith(cluster, plan, options.workflow);
  }

  /** Any argument, also one that is no plan. */
  async startWith(
    cluster: string,
    argument: unknown,
    workflow: StartOptions['workflow'] = 'blueGreenUpgrade',
    workflowId = upgradeWorkflowId(cluster),
  ): Promise<Run> {
    const world = this.world(cluster);
    this.worlds.set(workflowId, world);
    const handle = await this.client.workflow.start(workflow, { taskQueue: TASK_QUEUE, workflowId, args: [argument] });
    return this.follow(handle, world);
  }

  /** A run that something else started. */
  follow(handle: WorkflowHandle, world: World): Run {
    const run = new Run(handle, world);
    this.runs.push(run);
    return run;
  }

  /** Replays the history of every run of this file, then stops everything. */
  async close(): Promise<void> {
    try {
      const histories = historiesOf(this.runs);
      const options = { workflowBundle: this.bundle ?? (await workflowBundle()), dataConverter };
      const faults: string[] = [];
      for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
        if (error !== undefined) faults.push(`${workflowId}: ${error.message}`);
      if (faults.length > 0) throw new Error(`These histories do not replay:\n${faults.join('\n')}`);
    } finally {
      for (const stop of this.stops) await stop();
    }
  }

  private async startWorkers(hosts: readonly string[]): Promise<void> {
    const connection = await NativeConnection.connect({ address: this.temporal.address });
    const activities = fakeActivities((id) => this.worlds.get(id) ?? new World(), {
      usableSearchAttributes: () => usableSearchAttributes(this.connection, 'default'),
    });
    const secrets = createSecrets({});
    const common: Omit<WorkerOptions, 'taskQueue'> = {
      connection,
      activities,
      dataConverter,
      interceptors: { activity: [() => ({ inbound: activityInterceptor(secrets) })] },
      stickyQueueScheduleToStartTimeout: '1s',
      maxHeartbeatThrottleInterval: '1s',
      shutdownGraceTime: '1s',
    };
    const workers = await Promise.all([
      Worker.create({
        ...common,
        taskQueue: TASK_QUEUE,
        ...(this.bundle === undefined ? {} : { workflowBundle: this.bundle }),
      }),
      ...hosts.map((host) => Worker.create({ ...common, taskQueue: hostTaskQueue(host) })),
    ]);
    const running = workers.map((worker) => worker.run());
    this.stops.push(
      async () => {
        for (const worker of workers) worker.shutdown();
        await Promise.all(running);
      },
      () => connection.close(),
    );
  }
}

function steeredBundle(): Promise<WorkflowBundle> {
  const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  return bundleWorkflowCode({
    workflowsPath: file('../../src/workflows/index.ts'),
    payloadConverterPath,
    workflowInterceptorModules: [file('./steered-timers.ts')],
    logger: new DefaultLogger('ERROR'),
  });
}

async function* historiesOf(runs: readonly Run[]) {
  for (const run of runs) yield await run.historyToReplay();
}
