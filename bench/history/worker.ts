import { Client, type Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Activities } from '../../src/activities/contract.ts';
import { createKongHttp } from '../../src/adapters/kong/http.ts';
import { createKongMetrics } from '../../src/adapters/metrics/kong.ts';
import { createS3Store } from '../../src/adapters/object-store/s3.ts';
import { createControlConnections } from '../../src/adapters/postgres/control-connection.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { hostTaskQueue, TASK_QUEUE } from '../../src/domain/names.ts';
import { activityInterceptor } from '../../src/interceptors/activity.ts';
import { createDeployedActivities } from '../../src/worker/activities.ts';
import { payloadConverterPath, workflowBundle } from '../../src/worker/bundle.ts';
import { HOST } from '../../sandbox/demo/plan.ts';
import type { Stand } from '../support/stand.ts';
import { createFeed, type Feed } from './feed.ts';

/** The real worker, in this process, but for a watch of exactly `lasting`: that one is fed instead of waited for. */
export async function startFeedingWorker(
  { workerEnv, sandbox }: Stand,
  client: Connection,
  feed: Pick<Feed, 'lasting' | 'every' | 'fed'>,
): Promise<{ stop(): Promise<void> }> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const environment = { ...process.env, ...workerEnv };
  const secrets = createSecrets(environment);
  const connection = await NativeConnection.connect({ address: sandbox.temporal.address });
  const control = createControlConnections(secrets);
  const temporal = { connection, client: new Client({ connection }), namespace: 'default' };
  const deployment = { ...temporal, secrets, environment, control };
  const deployed = createDeployedActivities(deployment);
  const metrics = createKongMetrics(createKongHttp(secrets));
  const fed = createFeed({ ...feed, connection: client, metrics, store: createS3Store(secrets) });
  const activities: Activities = {
    ...deployed,
    watchTraffic: (input) => (input.bake === feed.lasting ? fed(input) : deployed.watchTraffic(input)),
  };
  const common: WorkerOptions = {
    connection,
    taskQueue: TASK_QUEUE,
    activities,
    interceptors: { activity: [() => ({ inbound: activityInterceptor(secrets) })] },
    dataConverter: { payloadConverterPath },
  };
  const workers = await Promise.all([
    Worker.create({ ...common, workflowBundle: await workflowBundle() }),
    Worker.create({ ...common, taskQueue: hostTaskQueue(HOST) }),
  ]);
  const running = workers.map((worker) => worker.run());
  return {
    async stop() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await control.close();
      await connection.close();
    },
  };
}
