import { join } from 'node:path';
import { freePort } from '../../sandbox/free-port.ts';
import { startNginx } from '../../sandbox/servers/nginx.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import { installNginx } from '../../src/adapters/traffic/nginx/install.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { balancerOf, byDriver, planOf, SIDES, type Arm, type PlainArm } from './arms.ts';
import type { NodeName } from './load/request.ts';
import type { Node, Nodes } from './nodes.ts';

/** As many as a small machine has cores, which is nginx's own `auto`. */
const WORKERS = 2;
/** Connections of clients are closed by changes only, so that those can be counted. */
const COMMON = 'access_log off;\nkeepalive_requests 1000000;';
const listen = (port: number) => `listen 127.0.0.1:${port} backlog=4096;`;

/** By Crossfade: its include is installed before there is any load, and nothing is reloaded from then on. */
export async function nginxByCrossfade(dir: string, nodes: Nodes): Promise<Arm> {
  const port = await freePort();
  const check = `http://127.0.0.1:${port}`;
  const entry: EntryVia<'nginx'> = { via: 'nginx', host: ['here'], directory: join(dir, 'traffic'), check };
  const files = await installNginx(entry, planOf(entry, nodes));
  const nginx = await startNginx({
    dir: join(dir, 'nginx'),
    workers: WORKERS,
    http: `${COMMON}
include ${files.http};
server {
  ${listen(port)}
  include ${files.server};
  location / { include ${files.location}; }
}`,
  });
  const router = createTrafficRouter({ secrets: createSecrets({}) })(balancerOf(entry));
  return { port, ...byDriver(router), stop: () => nginx.stop() };
}

/**
 * By a script that writes the configuration anew, tests it and reloads nginx. To the nodes it connects as Crossfade's include does
 * (kept connections, no node ever counts as failed), so that the two differ in how they change only.
 */
export async function nginxByReload(dir: string, nodes: Nodes): Promise<Arm> {
  const port = await freePort();
  const out = new Set<NodeName>();
  let weight = 0;
  const group = (side: 'x' | 'y') => `upstream ${side} {
${SIDES[side].map((name) => `  server 127.0.0.1:${nodes[name].port} max_fails=0${out.has(name) ? ' down' : ''};`).join('\n')}
  keepalive 64;
  keepalive_timeout 30s;
}`;
  const split = () => {
    if (weight === 0 || weight === 100) return `map $request_id $side { default ${weight === 0 ? 'x' : 'y'}; }`;
    return `split_clients $request_id $side { ${weight}% y; * x; }`;
  };
  const config = () => `${COMMON}
${split()}
${group('x')}
${group('y')}
server {
  ${listen(port)}
  location / {
    proxy_pass http://$side;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
    proxy_connect_timeout 2s;
    proxy_next_upstream_timeout 10s;
  }
}`;
  const nginx = await startNginx({ dir: join(dir, 'nginx'), workers: WORKERS, http: config() });
  async function change(): Promise<void> {
    nginx.configure(config());
    await nginx.reload();
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
    stop: () => nginx.stop(),
  };
}

/** nginx as it comes: each request on a connection of its own to a node, and a node that failed once is left out for 10 s. */
export async function plainNginx(dir: string, nodes: readonly Node[]): Promise<PlainArm> {
  const port = await freePort();
  const nginx = await startNginx({
    dir: join(dir, 'nginx'),
    workers: WORKERS,
    http: `${COMMON}
upstream kong {
${nodes.map((node) => `  server 127.0.0.1:${node.port};`).join('\n')}
}
server {
  ${listen(port)}
  location / { proxy_pass http://kong; }
}`,
  });
  return { port, stop: () => nginx.stop() };
}
