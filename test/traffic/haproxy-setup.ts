import { join } from 'node:path';
import { freePort } from '../../sandbox/free-port.ts';
import { startHaproxy, type Haproxy } from '../../sandbox/servers/haproxy.ts';
import { createHaproxyRouter } from '../../src/adapters/traffic/haproxy/router.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { startNode, type TestNode } from './node.ts';

export type HaproxyRouter = TrafficRouter & Required<Pick<TrafficRouter, 'setOut'>>;

export const haproxyEntry = (more: Pick<EntryVia<'haproxy'>, 'socket' | 'stateFile'>): EntryVia<'haproxy'> => ({
  via: 'haproxy',
  host: ['here'],
  backend: 'kong',
  ...more,
});

export const routerFor = (
  entry: EntryVia<'haproxy'>,
  { weights = [1, 5, 25, 50, 100], nodes = { x: ['x1', 'x2'], y: ['y1', 'y2'] } } = {},
): HaproxyRouter => createHaproxyRouter(entry, { nodes, weights }) as HaproxyRouter;

export interface Balanced {
  readonly port: number;
  readonly haproxy: Haproxy;
  readonly entry: EntryVia<'haproxy'>;
  readonly nodes: Readonly<Record<'x1' | 'x2' | 'y1' | 'y2', TestNode>>;
  /** The configuration that it was started with. */
  readonly config: string;
  router(): HaproxyRouter;
  stop(): Promise<void>;
}

/** As docs/traffic/haproxy.md shows it, with health checks that don't take long. */
const DEFAULTS = `defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
  load-server-state-from-file global`;

/** A real HAProxy in front of two nodes on each side, X with all traffic. */
export async function startBalanced(
  dir: string,
  { kong = 'balance roundrobin', global = '', more = '' } = {},
): Promise<Balanced> {
  const [x1, x2, y1, y2] = [await startNode('x1'), await startNode('x2'), await startNode('y1'), await startNode('y2')];
  const nodes = { x1, x2, y1, y2 };
  const port = await freePort();
  const stateFile = join(dir, 'servers.state');
  const servers = Object.values(nodes).map(
    ({ name, port: at }) => `  server ${name} 127.0.0.1:${at} cookie ${name} weight ${name.startsWith('x') ? 100 : 0}`,
  );
  const config = `${DEFAULTS}
frontend entry
  bind 127.0.0.1:${port}
  default_backend kong
backend kong
  ${kong}
  http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE }
  default-server check inter 100ms rise 2 fall 2
${servers.join('\n')}
${more}`;
  const haproxy = await startHaproxy({
    dir: join(dir, 'haproxy'),
    global: `  server-state-file ${stateFile}\n${global}`,
    config,
  });
  const entry = haproxyEntry({ socket: haproxy.socket, stateFile });
  return {
    port,
    haproxy,
    entry,
    nodes,
    config,
    router: () => routerFor(entry),
    async stop() {
      await haproxy.stop();
      for (const node of Object.values(nodes)) await node.stop();
    },
  };
}
