import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parsePlan, type Plan } from '../../src/domain/plan/index.ts';
import { step, type Print } from '../log.ts';
import { startSandbox, type Sandbox } from '../index.ts';
import type { Nginx } from '../servers/nginx.ts';
import { newBackupKey } from './backup-key.ts';
import { choosePlaces, type Places } from './addresses.ts';
import { startBalancer } from './balancer.ts';
import { configure, PATH } from './configure.ts';
import { bootstrap, startX } from './kong.ts';
import { findKong, type KongCommands } from './kong-commands.ts';
import { startLoad, STEADY, type Load } from './load/index.ts';
import { demoPlan, HOST, type SecretName } from './plan.ts';
import type { Scenario } from './scenarios.ts';
import { temporalCommand, type TemporalCommand } from './temporal.ts';
import { startWorker, type DemoWorker } from './worker.ts';

/** Everything that runs when the upgrade begins. */
export interface Demo {
  readonly scenario: Scenario;
  readonly places: Places;
  readonly kong: KongCommands;
  readonly plan: Plan;
  readonly planFile: string;
  readonly sandbox: Sandbox;
  readonly nginx: Nginx;
  readonly worker: DemoWorker;
  readonly temporal: TemporalCommand;
  readonly load: Load;
  readonly secrets: Readonly<Record<SecretName, string>>;
}

const PASSWORD = 'kong-password-of-the-demo';

/** Starts everything, side by side where one thing does not need the other. `dir` is emptied first. */
export async function setUp(dir: string, scenario: Scenario, print: Print): Promise<Demo> {
  const [kong, sandbox] = await Promise.all([
    findKong(scenario),
    startSandbox({ dir, password: PASSWORD, print }),
    step(print, 'Workflows bundled', bundleWorkflows),
  ]);
  if (scenario.faultyY && !kong.standIn)
    throw new Error('A real Kong answers no errors on demand: this scenario is for the stand-in.');
  mkdirSync(join(dir, 'tmp'));
  const places = await choosePlaces(dir);
  const { recipient, identity } = await newBackupKey();
  const { plan, planFile } = writePlan(demoPlan(places, sandbox, kong, { ...scenario, recipient }), dir);
  const secrets: Demo['secrets'] = {
    KONG_PG_PASSWORD: PASSWORD,
    PG_ADMIN_PASSWORD: sandbox.postgres.admin.password,
    S3_SECRET_KEY: sandbox.s3.secretAccessKey,
    DEMO_KEY: 'key-of-the-demo-clients',
    BACKUP_KEY: identity,
  };
  const workerEnv = { ...secrets, TEMPORAL_ADDRESS: sandbox.temporal.address, CROSSFADE_HOST: HOST };

  const [, nginx, worker] = await Promise.all([
    step(print, `Kong ${kong.x.version}: database, two nodes, configuration`, async () => {
      const env = { ...process.env, ...secrets };
      await bootstrap(plan, env);
      await startX(plan, env);
      const proxies = plan.x.nodes.map(({ proxy }) => proxy);
      // Counters that are kept in the database go on during the freeze.
      const limits = scenario.writers && { hour: 10_000_000, policy: 'cluster' };
      const admin = plan.x.nodes[0]?.admin ?? '';
      await configure(admin, proxies, sandbox.upstream.url, secrets.DEMO_KEY, limits);
    }),
    step(print, 'nginx', () => startBalancer(dir, places.balancer, plan)),
    step(print, 'Worker', () => startWorker(dir, workerEnv)),
  ]);
  const load = await step(print, 'Load on nginx', () =>
    startLoad(dir, { port: places.balancer, path: PATH, ...STEADY }, secrets.DEMO_KEY),
  );
  const temporal = temporalCommand(sandbox.temporal.command, sandbox.temporal.address);
  return { scenario, places, kong, plan, planFile, sandbox, nginx, worker, temporal, load, secrets };
}

function writePlan(input: unknown, dir: string): { plan: Plan; planFile: string } {
  const { plan, faults } = parsePlan(input);
  if (plan === undefined)
    throw new Error(
      `The demo's own plan has faults:\n${faults.map((one) => `${one.path}: ${one.message}`).join('\n')}`,
    );
  const planFile = join(dir, 'plan.json');
  writeFileSync(planFile, `${JSON.stringify(input, null, 2)}\n`);
  return { plan, planFile };
}

/** Takes seconds the first time; the worker then finds it. */
async function bundleWorkflows(): Promise<void> {
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('../../src/worker/bundle.ts', import.meta.url))]);
}
