import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { createBackupActivities } from '../activities/backup/index.ts';
import { createClusterActivities } from '../activities/cluster.ts';
import type { Activities } from '../activities/contract.ts';
import { createFinishActivities } from '../activities/finish.ts';
import { createFreezeActivities } from '../activities/freeze.ts';
import { createMigrateActivities } from '../activities/migrate.ts';
import { createNodeActivities } from '../activities/nodes.ts';
import { createOpenActivities } from '../activities/open.ts';
import { createPreflightActivities } from '../activities/preflight.ts';
import { createRestoreActivities } from '../activities/restore/index.ts';
import { createReportActivities } from '../activities/report.ts';
import { createRoleActivities } from '../activities/roles.ts';
import { createSealActivities } from '../activities/seal.ts';
import { createStageActivities } from '../activities/stage.ts';
import { createTrafficActivities } from '../activities/traffic.ts';
import { createWatchActivities } from '../activities/watch.ts';
import { createBackupObjects } from '../adapters/backup-objects/index.ts';
import { createProveEncryption } from '../adapters/backup-objects/prove.ts';
import { basicEnvironment } from '../adapters/cluster/environment.ts';
import { createRunner } from '../adapters/cluster/index.ts';
import { createScratchNodes } from '../adapters/cluster/scratch-node.ts';
import { createDeck } from '../adapters/deck/deck.ts';
import { createKongHttp } from '../adapters/kong/http.ts';
import { createKongMetrics } from '../adapters/metrics/kong.ts';
import { resolveHosts } from '../adapters/network/resolve.ts';
import { createKeyring } from '../adapters/kong/keyring.ts';
import { backupFiles } from '../adapters/files/index.ts';
import { newFolders } from '../adapters/files/unpack.ts';
import { createS3Store } from '../adapters/object-store/s3.ts';
import { createReadAdminRights } from '../adapters/postgres/admin-rights.ts';
import { createAdvisoryLock } from '../adapters/postgres/advisory-lock.ts';
import { throughLockOut } from '../adapters/postgres/connect-locked-out.ts';
import { createConnect } from '../adapters/postgres/connect.ts';
import { createReadConnections } from '../adapters/postgres/connections.ts';
import type { ControlConnections } from '../adapters/postgres/control-connection.ts';
import { createDdlWatch } from '../adapters/postgres/ddl-watch.ts';
import { createFindDumpAccount } from '../adapters/postgres/dump-account.ts';
import { createDumpComparison } from '../adapters/postgres/dump-comparison.ts';
import { createDatabaseDump } from '../adapters/postgres/dump.ts';
import { createFingerprints } from '../adapters/postgres/fingerprint.ts';
import { withGuardCheck } from '../adapters/postgres/guard-fault.ts';
import { createGuard } from '../adapters/postgres/guard.ts';
import { createKongLock } from '../adapters/postgres/kong-lock.ts';
import { createLockHolders } from '../adapters/postgres/lock-holders.ts';
import { createLockOut } from '../adapters/postgres/lock-out.ts';
import { createMigrationAccess } from '../adapters/postgres/migration-access.ts';
import { createMigrationRecord } from '../adapters/postgres/migration-record.ts';
import { createMigratorRole } from '../adapters/postgres/migrator-role.ts';
import { createReadPairFacts } from '../adapters/postgres/pair-facts.ts';
import { createPostgresPrograms } from '../adapters/postgres/programs.ts';
import { createWriteProof } from '../adapters/postgres/proof.ts';
import { createQuietWatch } from '../adapters/postgres/quiet.ts';
import { createDumpRestore } from '../adapters/postgres/restore.ts';
import { createRestoreLooks } from '../adapters/postgres/restore-look.ts';
import { createRoleOfY } from '../adapters/postgres/role-of-y.ts';
import { createSchemaMetaReader } from '../adapters/postgres/schema-meta.ts';
import { createReadSchemaFacts } from '../adapters/postgres/schema-facts.ts';
import { createScratchDatabases } from '../adapters/postgres/scratch.ts';
import { createSeals } from '../adapters/postgres/seal.ts';
import { createReadSessions } from '../adapters/postgres/sessions.ts';
import { createDatabaseSwap } from '../adapters/postgres/swap.ts';
import { createReadTagUsage } from '../adapters/postgres/tag-usage.ts';
import { createReadWrittenSince } from '../adapters/postgres/written-since.ts';
import { runCommand } from '../adapters/process/index.ts';
import { localReportFiles } from '../adapters/report/local.ts';
import type { Secrets } from '../adapters/secrets.ts';
import { createOutcomeOf } from '../adapters/temporal/outcome.ts';
import { createHasRunEnded } from '../adapters/temporal/run-ended.ts';
import { usableSearchAttributes } from '../adapters/temporal/search-attributes.ts';
import { createTrafficRouter } from '../adapters/traffic/index.ts';

export interface Deployment {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  readonly secrets: Secrets;
  readonly control: ControlConnections;
  readonly environment: NodeJS.ProcessEnv;
}

/** All activities with the adapters that they run on. */
export function createDeployedActivities(deployment: Deployment): Activities {
  const { connection, client, namespace, secrets, environment, control } = deployment;
  const command = basicEnvironment(environment);
  const path = command['PATH'] ?? '';

  // What lasts long never gets the one connection that is kept.
  const connectForLong = throughLockOut(createConnect(secrets));
  const connect = throughLockOut(control.connect);
  const guard = createGuard(connect);
  const fingerprints = withGuardCheck(connect, createFingerprints(connect));
  const migratorRole = createMigratorRole(connect);
  const seals = createSeals(connect);
  const lock = createAdvisoryLock(connectForLong);
  const kongLock = createKongLock(connect);
  const record = createMigrationRecord(connect);
  const sessions = createReadSessions(connect);

  const http = createKongHttp(secrets);
  const metrics = createKongMetrics(http);
  const runner = createRunner({ secrets, run: runCommand, environment });
  const router = createTrafficRouter({ secrets, environment: command });

  const store = createS3Store(secrets);
  const programs = createPostgresPrograms(path);
  const dump = createDatabaseDump({ connect: connectForLong, secrets, programs, lock, path });
  const scratch = createScratchDatabases(connectForLong);
  const objects = createBackupObjects(store, secrets);
  const restore = createDumpRestore({ connect: connectForLong, secrets, programs, objects, scratch, path });
  const open = { usableSearchAttributes: () => usableSearchAttributes(connection, namespace) };
  const deck = createDeck(secrets, { PATH: path, HOME: command['HOME'] ?? '/' });
  const keyring = createKeyring(secrets);
  const comparison = createDumpComparison(connectForLong);
  const stage = createStageActivities({ http, secrets });

  return {
    ...createOpenActivities(open),
    ...createPreflightActivities({
      runner,
      http,
      connections: createReadConnections(connect),
      schemaFacts: createReadSchemaFacts(connect),
      guard,
      seals,
      adminMay: createReadAdminRights(connect),
      dumpAccount: createFindDumpAccount(connect),
      sessions,
      resolveHosts,
      store,
      fingerprints,
      record,
      tagUsage: createReadTagUsage(connect),
      pairFacts: createReadPairFacts(connect),
      writtenSince: createReadWrittenSince(connect),
      programs,
      files: backupFiles,
      deck,
      keyring,
      proveEncryption: createProveEncryption(secrets),
      outcomeOf: createOutcomeOf(client),
    }),
    ...createFreezeActivities({
      guard,
      proof: createWriteProof(connect),
      fingerprints,
      quiet: createQuietWatch(connectForLong),
      migratorRole,
      runCommand,
      environment: command,
    }),
    ...createBackupActivities({
      store,
      objects,
      dump,
      restore,
      comparison,
      deck,
      files: backupFiles,
      keyring,
      hasRunEnded: createHasRunEnded(client),
    }),
    ...createRestoreActivities({
      ...open,
      ...{ http, runner, store, objects, restore },
      comparison,
      folders: newFolders,
      looks: createRestoreLooks(connectForLong),
      swap: createDatabaseSwap(connectForLong),
    }),
    ...createNodeActivities({ runner, http, readTraffic: (balancer) => router(balancer).current() }),
    ...createClusterActivities({ http }),
    ...createRoleActivities({
      http,
      resolveHosts,
      roleOfY: createRoleOfY(connect, secrets),
      lockOut: createLockOut(connect),
      sessions,
    }),
    ...createMigrateActivities({
      runner,
      kongLock,
      record,
      seals,
      lock,
      access: createMigrationAccess({ guard, migratorRole, ddlWatch: createDdlWatch(connectForLong) }),
      schemaMeta: createSchemaMetaReader(connectForLong),
      lockHolders: createLockHolders(connect),
    }),
    ...createSealActivities({ seals }),
    ...stage,
    ...createFinishActivities({
      runner,
      http,
      metrics,
      fingerprints,
      sessions,
      store,
      restore,
      comparison,
      scratchNodes: createScratchNodes(runner),
      runTests: stage.runTests,
    }),
    ...createTrafficActivities({ router }),
    ...createWatchActivities({ metrics, store }),
    ...createReportActivities({ store, files: localReportFiles }),
  };
}
