import type { PlanInput } from '../../src/domain/plan/index.ts';
import { classifyPath, parseVersion } from '../../src/domain/version.ts';
import type { Sandbox } from '../index.ts';
import { NODE_NAMES, url, type NodeName, type Places } from './addresses.ts';
import type { KongCommands } from './kong-commands.ts';
import type { Scenario } from './scenarios.ts';
import { pauseFile } from './writers/index.ts';

/** The cluster's name, and so the workflow's id: `kong/demo`. */
export const CLUSTER = 'demo';
/** The worker's host in the plan: its queue is `crossfade@demo`. */
export const HOST = 'demo';

/** Names of the worker's environment variables that hold secrets. */
export const SECRET_NAMES = [
  'KONG_PG_PASSWORD',
  'PG_ADMIN_PASSWORD',
  'S3_SECRET_KEY',
  'DEMO_KEY',
  'BACKUP_KEY',
] as const;
export type SecretName = (typeof SECRET_NAMES)[number];

/** The demo's plan: that of a real upgrade, but with seconds where there would be minutes and hours. */
export function demoPlan(
  places: Places,
  sandbox: Sandbox,
  kong: KongCommands,
  {
    writers,
    recipient,
  }: Pick<Scenario, 'writers'> & {
    /** Backups are encrypted for it, and opened with BACKUP_KEY. */
    readonly recipient?: string;
  },
): PlanInput {
  const { postgres, s3, bucket } = sandbox;
  return {
    cluster: CLUSTER,
    startedBy: 'the demo',
    x: side('x', kong.x, places),
    y: side('y', kong.y, places),
    database: {
      host: postgres.host,
      port: postgres.port,
      name: postgres.kong.database,
      user: postgres.kong.user,
      password: secret('KONG_PG_PASSWORD'),
      admin: { user: postgres.admin.user, password: secret('PG_ADMIN_PASSWORD') },
    },
    ...accepted(kong),
    rehearsed: { waiver: { by: 'the demo', reason: 'This is the rehearsal.' } },
    freeze: { quiet: '2s', limit: '1h', ...(writers ? restOfWriters(places.dir) : {}) },
    backup: {
      s3: {
        bucket,
        endpoint: s3.endpoint,
        region: s3.region,
        pathStyle: true,
        accessKeyId: s3.accessKeyId,
        secretAccessKey: secret('S3_SECRET_KEY'),
      },
      ...(recipient === undefined ? {} : { encrypt: { recipients: [recipient], identity: secret('BACKUP_KEY') } }),
      deck: { command: [kong.deck] },
      files: [places.conf],
    },
    // X's role is `database.user`, too: Crossfade has to get in while it is locked out.
    sessions: { lockOutX: true },
    stage: {
      tests: [
        { name: 'without a key', path: '/shop/orders', expect: { status: 401 } },
        {
          name: 'with a key',
          path: '/shop/orders',
          headers: { apikey: secret('DEMO_KEY') },
          expect: { status: 200, body: '"method":"GET"' },
        },
        { name: 'no such route', path: '/nothing/here', expect: { status: 404, body: 'no Route matched' } },
      ],
      compare: [{ path: '/shop/orders', headers: { apikey: secret('DEMO_KEY') } }],
    },
    traffic: {
      via: 'nginx',
      host: HOST,
      directory: places.traffic,
      check: url(places.balancer),
      steps: [
        { y: 5, bake: '5s' },
        { y: 25, bake: '4s' },
        { y: 50, bake: '4s' },
        { y: 100, bake: '4s' },
      ],
      settle: '30s',
      drain: '10s',
    },
    // 5 % of the load are 13 requests/s: a bake of 5 s has 65. The machine may be slow, so latency may be high before it counts.
    verdict: {
      every: '1s',
      minRequests: 40,
      extend: '1m',
      latencyP99: { max: 5_000, factor: 4, plus: 1_000 },
    },
    onFailure: { expires: '1h' },
    watch: '4s',
    keep: '2s',
    reportDirectory: places.reports,
  };
}

/** The team's own way to make its writers rest, so that there is a quiet moment. */
const restOfWriters = (dir: string): PlanInput['freeze'] => ({
  before: [['touch', pauseFile(dir)]],
  after: [['rm', '-f', pauseFile(dir)]],
});

/** Kong advises blue-green for patch releases only: every other path must be accepted by name. */
function accepted({ x, y }: KongCommands): Pick<PlanInput, 'path'> {
  const [from, to] = [parseVersion(x.version), parseVersion(y.version)];
  const kind = from === undefined || to === undefined ? undefined : classifyPath(from, to);
  if (kind === undefined || kind === 'patch' || kind === 'same' || kind === 'downgrade') return {};
  return { path: { accept: kind, reason: 'A demo: there is no second database for a dual-cluster upgrade.' } };
}

function side(name: 'x' | 'y', { version, command }: KongCommands['x'], places: Places): PlanInput['x'] {
  return {
    version,
    runs: { on: 'local', host: HOST, kong: command, env: { KONG_STANDIN_FAULTS: places.faults } },
    nodes: NODE_NAMES[name].map((node) => nodeOf(places, node)),
  };
}

function nodeOf({ nodes, conf }: Places, name: NodeName): PlanInput['x']['nodes'][number] {
  const { proxy, admin, status, prefix } = nodes[name];
  return {
    name,
    prefix,
    conf,
    proxy: url(proxy),
    admin: url(admin),
    status: url(status),
    env: {
      KONG_PROXY_LISTEN: `127.0.0.1:${proxy}`,
      KONG_ADMIN_LISTEN: `127.0.0.1:${admin}`,
      KONG_STATUS_LISTEN: `127.0.0.1:${status}`,
    },
  };
}

const secret = (name: SecretName): { env: SecretName } => ({ env: name });
