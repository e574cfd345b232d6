import { join } from 'node:path';
import { freePort } from '../../sandbox/free-port.ts';
import { startNginx } from '../../sandbox/servers/nginx.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { NODES, type NodeName } from './load/request.ts';

/**
 * What a Kong node is to a balancer: an nginx. `kong reload` and `kong quit` are signals to it, and these are the same ones to the
 * real thing; it says in each answer who it is and when the request came.
 */
export interface Node {
  readonly name: NodeName;
  readonly port: number;
  start(): Promise<void>;
  reload(): Promise<void>;
  /** Ends what it has, closes idle connections, takes no new ones. */
  quit(): Promise<void>;
  stop(): Promise<void>;
}

export type Nodes = Readonly<Record<NodeName, Node>>;

/** Starts all four. `slowPort`: the service behind them. */
export async function startNodes(dir: string, slowPort: number): Promise<Nodes> {
  const nodes = await Promise.all(
    NODES.map(async (name) => startNode(dir, { name, port: await freePort(), slowPort })),
  );
  return Object.fromEntries(nodes.map((node) => [node.name, node])) as Nodes;
}

interface NodeOptions {
  readonly name: NodeName;
  readonly port: number;
  readonly slowPort: number;
}

export async function startNode(dir: string, { name, port, slowPort }: NodeOptions): Promise<Node> {
  const nginx = await startNginx({
    dir: join(dir, name),
    http: `access_log off;
keepalive_timeout 75s;
keepalive_requests 1000000;
upstream service { server 127.0.0.1:${slowPort}; keepalive 64; }
server {
  listen 127.0.0.1:${port} backlog=4096;
  set $begun $msec;
  add_header X-Node "${name} $begun" always;
  location / { return 200 "fine\\n"; }
  location /slow {
    proxy_pass http://service;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
  }
}`,
  });
  return {
    name,
    port,
    start: () => nginx.restart(),
    reload: () => nginx.reload(),
    async quit() {
      const { process: running } = nginx;
      process.kill(running.pid, 'SIGQUIT');
      await waitFor(`${name} has quit`, () => !running.isRunning(), { everyMs: 5 });
    },
    stop: () => nginx.stop(),
  };
}
