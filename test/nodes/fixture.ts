import { createNodeActivities } from '../../src/activities/nodes.ts';
import type { NodeActivities } from '../../src/activities/contract.ts';
import { createKongHttp } from '../../src/adapters/kong/http.ts';
import type { DatabaseRef, KongNode, Side } from '../../src/domain/plan/index.ts';
import type { Balancer } from '../../src/domain/traffic/balancers.ts';
import { processWithPid } from '../../sandbox/proc.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { asActivity, runner, secrets } from '../kong-adapter/fixture.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const http = createKongHttp(secrets);

/** The activities with their real adapters; the balancer gives Y this share, and has these nodes out. */
export function nodeActivities(weight = 0, out: readonly string[] = []): NodeActivities {
  const readTraffic = () => Promise.resolve({ weight, out, epoch: 1 });
  const activities = createNodeActivities({ runner, http, readTraffic });
  return {
    prepareNodes: (input) => asActivity(() => activities.prepareNodes(input)),
    startNodes: (input) => asActivity(() => activities.startNodes(input)),
    stopNodes: (input) => asActivity(() => activities.stopNodes(input)),
    reloadNode: (input) => asActivity(() => activities.reloadNode(input)),
    restartNode: (input) => asActivity(() => activities.restartNode(input)),
    removeNodes: (input) => asActivity(() => activities.removeNodes(input)),
  };
}

/** Of the host of the nodes; what it does says `nodeActivities`. */
export const balancers = [{ name: 'nginx', host: 'here' } as Balancer];

export const within = 60_000;

export const pidOf = (node: KongNode): number =>
  Number(readFileSync(join(node.prefix ?? '', 'pids', 'nginx.pid'), 'utf8'));

/** Ends what a test left running; by the pid in the prefix. */
export async function kill(nodes: readonly KongNode[]): Promise<void> {
  for (const node of nodes) {
    try {
      const pid = pidOf(node);
      process.kill(pid, 'SIGKILL');
      await waitFor(
        `${node.name} is gone`,
        async () => processWithPid(pid) === undefined && !(await http.answers(node)),
      );
    } catch {
      // It does not run.
    }
  }
}

export const start = (cluster: Side, database: DatabaseRef): Promise<readonly string[]> =>
  nodeActivities().startNodes({ side: 'x', cluster, database, within });

/** Sends a request to the Admin API. Throws when it is refused. */
export async function admin(node: KongNode, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${node.admin}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}
