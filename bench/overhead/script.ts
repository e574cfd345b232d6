import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { KongNode, LocalRunner } from '../../src/domain/plan/index.ts';
import { freePort } from '../../sandbox/free-port.ts';
import type { Stand } from '../support/stand.ts';
import type { Phases } from './phases.ts';

const PROGRAM = fileURLToPath(new URL('script/upgrade.sh', import.meta.url));

/** Upgrades by the plain script: how long it took, in all and by its own steps. */
export async function runScript(stand: Stand, upgrade: string): Promise<{ tookMs: number; phases: Phases }> {
  const work = join(stand.dir, 'script');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  mkdirSync(join(stand.places.traffic, 'states'), { recursive: true });
  const env = { ...process.env, ...(await environment(stand)), WORK: work, UPGRADE: upgrade };
  const started = performance.now();
  try {
    const { stdout } = await promisify(execFile)('bash', [PROGRAM], { env, maxBuffer: 50_000_000 });
    return { tookMs: performance.now() - started, phases: phasesOf(stdout) };
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`The script failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

/** Each line: when a step began (seconds since 1970), and its name. */
function phasesOf(output: string): Phases {
  const begun = [...output.matchAll(/^([\d.]+) (\S+)$/gm)].map(([, at, name]) => ({
    at: Number(at),
    name: name ?? '',
  }));
  const took = begun.slice(0, -1).map(({ at, name }, index) => [name, ((begun[index + 1]?.at ?? at) - at) * 1000]);
  return Object.fromEntries(took) as Phases;
}

async function environment({ plan, sandbox, secrets }: Stand): Promise<Record<string, string>> {
  const { x, y, database, backup, traffic, verdict } = plan;
  const { s3 } = backup;
  const [kongX, kongY] = [x.runs as LocalRunner, y.runs as LocalRunner];
  const names = (nodes: readonly KongNode[]) => nodes.map(({ name }) => name).join(' ');
  const port = async () => `http://127.0.0.1:${await freePort()}`;
  const copy = { name: 'copy', proxy: await port(), admin: await port(), status: await port() };
  const prefix = join(sandbox.dir, 'kong', 'copy');
  return {
    ...(kongY.env as Record<string, string>),
    ...{ KONG_X: kongX.kong, KONG_Y: kongY.kong, VERSION_X: x.version, VERSION_Y: y.version },
    ...{ X_NODES: names(x.nodes), Y_NODES: names(y.nodes) },
    ...Object.assign({}, ...[...x.nodes, ...y.nodes, { ...copy, prefix }].map(placesOf)),
    ...{ KONG_DATABASE: 'postgres', KONG_PG_HOST: database.host, KONG_PG_PORT: String(database.port) },
    ...{ KONG_PG_DATABASE: database.name, KONG_PG_USER: database.user, KONG_PG_PASSWORD: secrets.KONG_PG_PASSWORD },
    ...{ PGHOST: database.host, PGPORT: String(database.port), PGDATABASE: database.name },
    ...{ PGUSER: database.user, PGPASSWORD: secrets.KONG_PG_PASSWORD },
    ...{ PG_ADMIN_USER: sandbox.postgres.admin.user, PG_ADMIN_PASSWORD: secrets.PG_ADMIN_PASSWORD },
    ...{ S3_ENDPOINT: sandbox.s3.endpoint, S3_BUCKET: s3.bucket, S3_REGION: s3.region },
    ...{ S3_KEY: sandbox.s3.accessKeyId, S3_SECRET_KEY: secrets.S3_SECRET_KEY, DEMO_KEY: secrets.DEMO_KEY },
    ...{
      TRAFFIC: traffic.via === 'nginx' ? traffic.directory : '',
      STEPS: traffic.steps.map((step) => step.y).join(' '),
    },
    MIN_REQUESTS: String(verdict.minRequests),
  };
}

/** As shell variables: `x1_proxy`, `x1_admin` and so on. */
function placesOf({ name, proxy, admin, status, prefix = '' }: Omit<KongNode, 'env'>): Record<string, string> {
  const places = { proxy, admin, status, prefix };
  return Object.fromEntries(Object.entries(places).map(([what, value]) => [`${name}_${what}`, value]));
}
