import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsePlan, type Plan, type PlanInput } from '../../src/domain/plan/index.ts';
import { currentLink } from '../../src/adapters/traffic/nginx/layout.ts';
import { writeState } from '../../src/adapters/traffic/nginx/state.ts';
import { workflowBundle } from '../../src/worker/bundle.ts';
import { choosePlaces, kongDir, type Places } from '../../sandbox/demo/addresses.ts';
import { startBalancer } from '../../sandbox/demo/balancer.ts';
import { configure, PATH } from '../../sandbox/demo/configure.ts';
import { findKong } from '../../sandbox/demo/kong-commands.ts';
import { bootstrap, endNodes, startX } from '../../sandbox/demo/kong.ts';
import { startLoad, STEADY, type Load } from '../../sandbox/demo/load/index.ts';
import { demoPlan, HOST, type SecretName } from '../../sandbox/demo/plan.ts';
import { scenarios } from '../../sandbox/demo/scenarios.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { step, type Print } from '../../sandbox/log.ts';
import { endRecorded } from '../../sandbox/processes.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { restoreDatabase, saveDatabase } from './database.ts';
import { whenInterrupted } from './interrupted.ts';

/** The demo's installation, which can be put back to how it was before an upgrade, again and again. */
export interface Stand {
  readonly dir: string;
  readonly sandbox: Sandbox;
  readonly places: Places;
  readonly plan: Plan;
  readonly planInput: PlanInput;
  readonly secrets: Readonly<Record<Exclude<SecretName, 'BACKUP_KEY'>, string>>;
  /** Environment of a worker for it, secrets included. */
  readonly workerEnv: Readonly<Record<string, string>>;
  /** No node runs, the database is as X left it, all traffic goes to X; then X is started. */
  reset(): Promise<void>;
  startLoad(): Promise<Load>;
  stop(): Promise<void>;
}

const SCENARIO = scenarios.minor;
const PASSWORD = 'kong-password-of-the-benches';

/** Sets up Kong 3.6.1 with two nodes, to be upgraded to 3.7.1 by the demo's plan with `changes`. */
export async function setUpStand(
  name: string,
  changes: (plan: PlanInput) => Partial<PlanInput>,
  print: Print,
): Promise<Stand> {
  const dir = fileURLToPath(new URL(`../../.sandbox/bench-${name}`, import.meta.url));
  await endNodes(dir);
  const [kong, sandbox] = await Promise.all([
    findKong(SCENARIO),
    startSandbox({ dir, password: PASSWORD, print }),
    workflowBundle(),
  ]);
  const places = await choosePlaces(dir);
  mkdirSync(places.reports);
  const ofDemo = demoPlan(places, sandbox, kong, SCENARIO);
  const planInput = { ...ofDemo, ...changes(ofDemo) };
  const plan = checked(planInput);
  const secrets: Stand['secrets'] = {
    KONG_PG_PASSWORD: PASSWORD,
    PG_ADMIN_PASSWORD: sandbox.postgres.admin.password,
    S3_SECRET_KEY: sandbox.s3.secretAccessKey,
    DEMO_KEY: 'key-of-the-bench-clients',
  };
  const environment = { ...process.env, ...secrets };
  const proxies = plan.x.nodes.map(({ proxy }) => proxy);

  let loads = 0;
  // Whatever of it still runs, workers and clients included.
  const stop = async () => {
    await endNodes(dir);
    await endRecorded(dir);
  };
  whenInterrupted(stop);
  await startBalancer(dir, places.balancer, plan);
  await step(print, `Kong ${plan.x.version}: database and configuration, kept as a template`, async () => {
    await bootstrap(plan, environment);
    await startX(plan, environment);
    await configure(plan.x.nodes[0]?.admin ?? '', proxies, sandbox.upstream.url, secrets.DEMO_KEY);
    await endNodes(dir);
    await saveDatabase(sandbox.postgres);
  });

  return {
    dir,
    sandbox,
    places,
    plan,
    planInput,
    secrets,
    workerEnv: { ...secrets, TEMPORAL_ADDRESS: sandbox.temporal.address, CROSSFADE_HOST: HOST },
    async reset() {
      await endNodes(dir);
      rmSync(kongDir(dir), { recursive: true, force: true });
      rmSync(currentLink(places.traffic), { force: true });
      await writeState(places.traffic, { weight: 0, out: [], epoch: 0 }, () => Promise.resolve());
      await restoreDatabase(sandbox.postgres);
      await startX(plan, environment);
      for (const proxy of [...proxies, `http://127.0.0.1:${places.balancer}`])
        await waitFor(
          `${proxy} answers`,
          async () => (await fetch(proxy + PATH, { headers: { apikey: secrets.DEMO_KEY } })).ok,
        );
    },
    // Each load with a folder, and so a log, of its own.
    startLoad: () =>
      startLoad(join(dir, `load-${(loads += 1)}`), { port: places.balancer, path: PATH, ...STEADY }, secrets.DEMO_KEY),
    stop,
  };
}

function checked(input: PlanInput): Plan {
  const { plan, faults } = parsePlan(input);
  if (plan !== undefined) return plan;
  throw new Error(
    `The plan of the bench has faults:\n${faults.map((one) => `${one.path}: ${one.message}`).join('\n')}`,
  );
}

/** The plan as a user would hand it in. */
export function writePlan({ dir, planInput }: Stand): string {
  const file = join(dir, 'plan.json');
  writeFileSync(file, `${JSON.stringify(planInput, null, 2)}\n`);
  return file;
}
