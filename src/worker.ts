import { Worker, type WorkerOptions } from '@temporalio/worker';
import { createControlConnections } from './adapters/postgres/control-connection.ts';
import { createSecrets } from './adapters/secrets.ts';
import { createRunningDatabases } from './adapters/temporal/running-databases.ts';
import { ensureSearchAttributes } from './adapters/temporal/search-attributes.ts';
import { hostTaskQueue, TASK_QUEUE } from './domain/names.ts';
import { activityInterceptor } from './interceptors/activity.ts';
import { createDeployedActivities } from './worker/activities.ts';
import { payloadConverterPath, workflowBundle } from './worker/bundle.ts';
import { connect } from './worker/connection.ts';
import { keepControl } from './worker/keep-control.ts';
import { installRuntime } from './worker/logging.ts';
import { readSettings, type Settings } from './worker/settings.ts';

/** How long running activities may go on once a shutdown was asked for; then they are cancelled, and another worker resumes them. */
const GRACE = '10s';
const FORCE = '30s';

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** Serves two queues: `crossfade` for everybody, `crossfade@<host>` for what is bound to this host. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const secrets = createSecrets(process.env);
  installRuntime(settings, secrets);
  const [{ connection, client, namespace }, bundle] = await Promise.all([connect(), workflowBundle()]);
  const { missing, reason } = await ensureSearchAttributes(connection, namespace);
  if (missing.length > 0) {
    const why = reason === undefined ? '' : ` (${reason})`;
    process.stderr.write(`Search attributes ${missing.join(', ')} are missing${why}; upgrades go on without them.\n`);
  }

  const control = createControlConnections(secrets);
  const common: WorkerOptions = {
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    activities: createDeployedActivities({ connection, client, namespace, secrets, environment: process.env, control }),
    interceptors: { activity: [() => ({ inbound: activityInterceptor(secrets) })] },
    dataConverter: { payloadConverterPath },
    // A crash costs seconds: activities are heard every second, and a new worker need not wait for the old one's cache.
    stickyQueueScheduleToStartTimeout: '1s',
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE,
    ...versioning(settings),
  };
  const workers = await Promise.all([
    Worker.create({ ...common, workflowBundle: bundle }),
    Worker.create({ ...common, taskQueue: hostTaskQueue(settings.host) }),
  ]);
  const shutDown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  process.once('SIGINT', shutDown).once('SIGTERM', shutDown);
  const endKeeping = keepControl(control, createRunningDatabases(client));
  try {
    await Promise.all(workers.map((worker) => worker.run().finally(shutDown)));
  } finally {
    endKeeping();
    await control.close();
    await connection.close();
  }
}

/** Off by default: with it on and no current version set, a plain start would never run. */
function versioning({ buildId }: Settings): Partial<WorkerOptions> {
  if (buildId === undefined) return {};
  const version = { deploymentName: 'crossfade', buildId };
  return { workerDeploymentOptions: { useWorkerVersioning: true, version, defaultVersioningBehavior: 'PINNED' } };
}
