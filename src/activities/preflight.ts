import { activityInfo } from '@temporalio/activity';
import type { CreateRunner } from '../adapters/cluster/port.ts';
import type { KongHttp } from '../adapters/kong/port.ts';
import type { Fingerprints } from '../adapters/postgres/fingerprint.ts';
import type { Guard } from '../adapters/postgres/guard.ts';
import type { PostgresPrograms, ProgramName } from '../adapters/postgres/programs.ts';
import type { ReadSchemaFacts } from '../adapters/postgres/schema-facts.ts';
import type { Seals } from '../adapters/postgres/seal.ts';
import type { ReadTagUsage } from '../adapters/postgres/tag-usage.ts';
import type { Finding } from '../domain/findings.ts';
import type { DatabaseRef } from '../domain/plan/index.ts';
import * as rules from '../domain/rules/index.ts';
import { entriesOf } from '../domain/traffic/balancers.ts';
import { createBackupChecks, type CheckBackupDeps } from './check-backup.ts';
import { checkMigrationsOfX, checkMigrationsOfY, type CheckMigrationsDeps } from './check-migrations.ts';
import { checkStore, type ProbedStore } from './check-store.ts';
import type { PreflightActivities } from './contract.ts';
import { findStrangers, type StrangerDeps } from './find-strangers.ts';
import { readMetricFacts, readNodes, readRoutes } from './node-facts.ts';

export interface PreflightDeps extends CheckMigrationsDeps, StrangerDeps, CheckBackupDeps {
  readonly runner: CreateRunner;
  readonly http: KongHttp;
  readonly schemaFacts: ReadSchemaFacts;
  readonly guard: Pick<Guard, 'read'>;
  readonly seals: Pick<Seals, 'read'>;
  readonly store: ProbedStore;
  readonly fingerprints: Pick<Fingerprints, 'drift'>;
  readonly tagUsage: ReadTagUsage;
  readonly programs: PostgresPrograms;
  /** How a workflow ended (`running` while it has not); `undefined` when there is no such workflow. */
  readonly outcomeOf: (workflowId: string) => Promise<string | undefined>;
}

const VERSION_TIMEOUT = 20_000;

export function createPreflightActivities(deps: PreflightDeps): PreflightActivities {
  const { http } = deps;
  const backup = createBackupChecks(deps);

  async function rehearsal(workflow: string): Promise<rules.Rehearsal | undefined> {
    try {
      const outcome = await deps.outcomeOf(workflow);
      return outcome === undefined ? undefined : { outcome };
    } catch (error) {
      return { unreadable: (error as Error).message };
    }
  }

  /** Names the program's finding as well, when the database can't say which version it needs. */
  async function findProgram(name: ProgramName, database: DatabaseRef): Promise<Finding> {
    try {
      const { serverMajor } = await deps.connections(database);
      return rules.program(name, (await deps.programs.find(name, serverMajor)).version);
    } catch (error) {
      return rules.program(name, undefined, (error as Error).message);
    }
  }

  return {
    async checkRules({ plan, upgrade, frozen }) {
      const { x, y, database } = plan;
      const [ofX, ofY, metrics, rehearsed] = await Promise.all([
        readNodes(http, x),
        readNodes(http, y),
        readMetricFacts(http, x),
        'workflow' in plan.rehearsed ? rehearsal(plan.rehearsed.workflow) : undefined,
      ]);
      const sizes = { x: x.nodes.length, y: y.nodes.length };
      const open = await readable('database', async () => rules.connections(await deps.connections(database), sizes));
      return [
        rules.versionPath(plan),
        ...rules.xReady(ofX, x.version),
        rules.topology(ofX),
        rules.sameDatabase(ofX, database),
        ...(await readable('kong-schema', async () => rules.kongSchema(ofX, plan, await deps.schemaFacts(database)))),
        rules.yNotRunning(ofY, y.version, frozen),
        rules.metricsOn(x.version, metrics.plugins, metrics.unreadable),
        ...(await readable('protocols', async () =>
          rules.protocols(entriesOf(plan.traffic), await readRoutes(http, x)),
        )),
        rules.rehearsed(plan, rehearsed),
        rules.freezeTime(plan),
        ...open,
        ...(await readable('known-writers', async () => {
          const tags = plan.freeze.idleWriters.map(({ tag }) => tag);
          return rules.writersPaused(await deps.tagUsage(database, tags), plan.freeze);
        })),
        ...(await readable(rules.UNKNOWN_NODES, async () =>
          rules.noUnknownNodes(await findStrangers(deps, plan, ofX)),
        )),
        ...(await readable('no-earlier-upgrade', async () =>
          rules.noEarlierUpgrade(
            await deps.seals.read(database, plan.cluster),
            await deps.guard.read(database),
            upgrade,
          ),
        )),
        ...(database.admin === undefined
          ? []
          : await readable('database-admin', async () => rules.databaseAdmin(await deps.adminMay(database)))),
        ...(await readable('backup-store', () => checkStore(deps.store, plan.backup, plan.cluster))),
        ...(plan.backup.encrypt === undefined ? [rules.notEncrypted(plan.backup.s3)] : []),
        ...(await readable('keyring', () => backup.keyring(plan))),
        ...(frozen
          ? [
              ...(await readable('freeze-in-place', async () =>
                rules.freezeInPlace(await deps.guard.read(database), upgrade),
              )),
              ...(await readable('configuration-unchanged', async () =>
                rules.unchanged(await deps.fingerprints.drift(database, upgrade)),
              )),
            ]
          : []),
      ];
    },

    async checkHost(input) {
      const { side, cluster, database, files, encrypted } = input;
      const runner = deps.runner(cluster, database);
      const version = await runner.kong(['version'], { timeoutMs: VERSION_TIMEOUT }).then(
        ({ stdout, stderr }) => ({ found: /^(?:Kong: )?(\d\S*)/m.exec(stdout)?.[1], why: (stderr || stdout).trim() }),
        (error: Error) => ({ found: undefined, why: error.message }),
      );
      const findings = [rules.commandVersion(side, cluster.version, version.found, version.why)];
      if (version.found !== undefined)
        findings.push(
          ...(await readable(`migrations-${side}`, () => {
            const { runId } = activityInfo().workflowExecution ?? { runId: '' };
            const of = { runner, cluster, database, runId };
            return input.side === 'y' ? checkMigrationsOfY(deps, of, input.pair) : checkMigrationsOfX(of);
          })),
        );
      findings.push(...(await readable(`files-${side}`, () => backup.files(side, cluster, files, encrypted))));
      if (input.side === 'x') return findings;

      const programs = [findProgram('pg_dump', database), findProgram('pg_restore', database)];
      return [
        ...findings,
        ...(await Promise.all(programs)),
        ...(await readable('dump-account', () => backup.dumpAccount(database))),
        ...(await readable('deck', () => backup.deck(input.backup))),
        ...(await readable('encrypt', () => backup.encryption(input.backup))),
        ...(await readable('drill-server', () => backup.drillServer(input.backup, database))),
      ];
    },
  };
}

/** What can't be read refuses under the name of its rule: preflight reports everything at once. */
async function readable(rule: string, judge: () => Promise<Finding | readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return [await judge()].flat();
  } catch (error) {
    return [rules.refuse(rule, (error as Error).message, 'Make it readable from the worker, then start again.')];
  }
}
