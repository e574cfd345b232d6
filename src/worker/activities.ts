import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Activities } from '../activities/contract.ts';
import { createClusterActivities } from '../activities/cluster.ts';
import { createFreezeActivities } from '../activities/freeze.ts';
import { createMigrateActivities } from '../activities/migrate.ts';
import { createNodeActivities } from '../activities/nodes.ts';
import { createOpenActivities } from '../activities/open.ts';
import { createReportActivities } from '../activities/report.ts';
import { createSealActivities } from '../activities/seal.ts';
import { createStageActivities } from '../activities/stage.ts';
import { createTrafficActivities } from '../activities/traffic.ts';
import { createWatchActivities } from '../activities/watch.ts';
import { basicEnvironment } from '../adapters/cluster/environment.ts';
import { createRunner } from '../adapters/cluster/index.ts';
import { createKongHttp } from '../adapters/kong/http.ts';
import { createKongMetrics } from '../adapters/metrics/kong.ts';
import { createS3Store } from '../adapters/object-store/s3.ts';
import { createAdvisoryLock } from '../adapters/postgres/advisory-lock.ts';
import { createConnect } from '../adapters/postgres/connect.ts';
import { createFingerprints } from '../adapters/postgres/fingerprint.ts';
import { createGuard } from '../adapters/postgres/guard.ts';
import { createKongLock } from '../adapters/postgres/kong-lock.ts';
import { createMigrationAccess } from '../adapters/postgres/migration-access.ts';
import { createMigrationRecord } from '../adapters/postgres/migration-record.ts';
import { createMigratorRole } from '../adapters/postgres/migrator-role.ts';
import { createWriteProof } from '../adapters/postgres/proof.ts';
import { createQuietWatch } from '../adapters/postgres/quiet.ts';
import { createSeals } from '../adapters/postgres/seal.ts';
import { localReportFiles } from '../adapters/report/local.ts';
import { runCommand } from '../adapters/process/index.ts';
import type { Secrets } from '../adapters/secrets.ts';
import { usableSearchAttributes } from '../adapters/temporal/search-attributes.ts';
import { createTrafficRouter } from '../adapters/traffic/index.ts';

export interface Deployment {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  readonly secrets: Secrets;
  readonly environment: NodeJS.ProcessEnv;
}

/** All activities with the adapters that they run on. */
export function createDeployedActivities({ connection, namespace, secrets, environment }: Deployment): Activities {
  const connect = createConnect(secrets);
  const http = createKongHttp(secrets);
  const runner = createRunner({ secrets, run: runCommand, environment });
  const router = createTrafficRouter();
  const store = createS3Store(secrets);
  const guard = createGuard(connect);
  const fingerprints = createFingerprints(connect);
  const migratorRole = createMigratorRole(connect);
  const seals = createSeals(connect);
  const readTraffic = (traffic: Parameters<typeof router>[0]) => router(traffic).current();

  return {
    ...createOpenActivities({ usableSearchAttributes: () => usableSearchAttributes(connection, namespace) }),
    ...createFreezeActivities({
      guard,
      proof: createWriteProof(connect),
      fingerprints,
      quiet: createQuietWatch(connect),
      migratorRole,
      runCommand,
      environment: basicEnvironment(environment),
    }),
    ...createNodeActivities({ runner, http, readTraffic }),
    ...createClusterActivities({ http }),
    ...createMigrateActivities({
      runner,
      kongLock: createKongLock(connect),
      record: createMigrationRecord(connect),
      seals,
      lock: createAdvisoryLock(connect),
      access: createMigrationAccess({ guard, migratorRole }),
    }),
    ...createSealActivities({ seals }),
    ...createStageActivities({ http, secrets }),
    ...createTrafficActivities({ router }),
    ...createWatchActivities({ metrics: createKongMetrics(http), store }),
    ...createReportActivities({ store, files: localReportFiles }),
  };
}
