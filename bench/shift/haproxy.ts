import { join } from 'node:path';
import { freePort } from '../../sandbox/free-port.ts';
import { startHaproxy } from '../../sandbox/servers/haproxy.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { balancerOf, byDriver, SIDES, type Arm, type PlainArm } from './arms.ts';
import { NODES, type NodeName } from './load/request.ts';
import type { Node, Nodes } from './nodes.ts';

const BACKEND = 'kong';

/** As the documents of Crossfade say, also for the script: the two differ in how they change only. */
const DEFAULTS = `defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response`;

/** A POST may have been done already. */
const BALANCE = `  balance roundrobin
  http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE }
  default-server check`;

const frontend = (port: number) => `frontend entry
  bind 127.0.0.1:${port} backlog 4096
  default_backend ${BACKEND}`;

/** By Crossfade: the runtime API, and never a reload. */
export async function haproxyByCrossfade(dir: string, nodes: Nodes): Promise<Arm> {
  const port = await freePort();
  const stateFile = join(dir, 'servers.state');
  const server = (name: NodeName) =>
    `  server ${name} 127.0.0.1:${nodes[name].port} weight ${name.startsWith('x') ? 100 : 0}`;
  const haproxy = await startHaproxy({
    dir: join(dir, 'haproxy'),
    global: `  server-state-file ${stateFile}`,
    config: `${DEFAULTS}
  load-server-state-from-file global
${frontend(port)}
backend ${BACKEND}
${BALANCE}
${NODES.map(server).join('\n')}`,
  });
  const entry: EntryVia<'haproxy'> = {
    ...{ via: 'haproxy', host: ['here'], socket: haproxy.socket },
    ...{ backend: BACKEND, stateFile },
  };
  const router = createTrafficRouter({ secrets: createSecrets({}) })(balancerOf(entry));
  return { port, ...byDriver(router), stop: () => haproxy.stop() };
}

/** By a script that writes other weights into the configuration, checks it and reloads HAProxy. */
export async function haproxyByReload(dir: string, nodes: Nodes): Promise<Arm> {
  const port = await freePort();
  const out = new Set<NodeName>();
  let weight = 0;
  const server = (name: NodeName) => {
    const share = SIDES.y.some((one) => one === name) ? weight : 100 - weight;
    return `  server ${name} 127.0.0.1:${nodes[name].port} weight ${out.has(name) ? 0 : share}`;
  };
  const config = () => `${DEFAULTS}
${frontend(port)}
backend ${BACKEND}
${BALANCE}
${NODES.map(server).join('\n')}`;
  const haproxy = await startHaproxy({ dir: join(dir, 'haproxy'), config: config() });
  async function change(): Promise<void> {
    haproxy.configure(config());
    await haproxy.reload();
  }
  return {
    port,
    async setWeight(next) {
      weight = next;
      await change();
    },
    async setOut(node, isOut) {
      if (isOut) out.add(node);
      else out.delete(node);
      await change();
    },
    stop: () => haproxy.stop(),
  };
}

/** HAProxy as Debian's configuration has it, with health checks as they come: every 2 s, three failed ones and a node is down. */
export async function plainHaproxy(dir: string, nodes: readonly Node[]): Promise<PlainArm> {
  const port = await freePort();
  const haproxy = await startHaproxy({
    dir: join(dir, 'haproxy'),
    config: `defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
${frontend(port)}
backend ${BACKEND}
${nodes.map((node, index) => `  server kong${index + 1} 127.0.0.1:${node.port} check`).join('\n')}`,
  });
  return { port, stop: () => haproxy.stop() };
}
