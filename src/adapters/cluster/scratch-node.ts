import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseRef, KongNode, Side } from '../../domain/plan/index.ts';
import type { CreateRunner } from './port.ts';

/** A node beside the real ones, on this host, for a rehearsal. */
export interface ScratchNodes {
  /**
   * A cluster of one node like the first of `cluster`, on free ports of 127.0.0.1 and on no other database than the one that is given,
   * whatever the plan's environment says. One that an earlier attempt with this name left is ended first.
   */
  make(cluster: Side, database: DatabaseRef, name: string): Promise<Side>;
  /** Ends the node, if it runs, and removes its directory. */
  remove(cluster: Side, database: DatabaseRef): Promise<void>;
}

export function createScratchNodes(runner: CreateRunner): ScratchNodes {
  async function remove(cluster: Side, database: DatabaseRef): Promise<void> {
    for (const node of cluster.nodes) {
      await runner(cluster, database).stop(node, 0);
      if (node.prefix !== undefined) await rm(node.prefix, { recursive: true, force: true });
    }
  }

  return {
    remove,
    async make(cluster, database, name) {
      const [proxy, admin, status] = await freePorts();
      const [first] = cluster.nodes;
      const node: KongNode = {
        ...(first ?? { env: {} }),
        name: 'rehearsal',
        proxy: `http://127.0.0.1:${proxy}`,
        admin: `http://127.0.0.1:${admin}`,
        status: `http://127.0.0.1:${status}`,
        prefix: join(tmpdir(), `crossfade-${name}`),
        env: {
          ...first?.env,
          KONG_PG_HOST: database.host,
          KONG_PG_PORT: String(database.port),
          KONG_PG_DATABASE: database.name,
          KONG_PG_USER: database.user,
          ...(database.password === undefined ? {} : { KONG_PG_PASSWORD: database.password }),
          KONG_PROXY_LISTEN: `127.0.0.1:${proxy}`,
          KONG_ADMIN_LISTEN: `127.0.0.1:${admin}`,
          KONG_STATUS_LISTEN: `127.0.0.1:${status}`,
          KONG_ADMIN_GUI_LISTEN: 'off',
          KONG_STREAM_LISTEN: 'off',
          KONG_NGINX_WORKER_PROCESSES: '1',
        },
      };
      const made = { ...cluster, nodes: [node] };
      await remove(made, database);
      return made;
    },
  };
}

/** Ports that nothing listens on at this moment. */
async function freePorts(): Promise<[number, number, number]> {
  const servers = await Promise.all([listening(), listening(), listening()]);
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports as [number, number, number];
}

function listening(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
