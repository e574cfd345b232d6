import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { Balancer } from '../../../domain/traffic/balancers.ts';
import type { BalancedNode, TrafficDescription } from '../port.ts';
import { whyNotLoaded } from './loading.ts';
import type { Server } from './servers.ts';
import type { Found } from './state.ts';
import { weightsFor } from './weights.ts';

/** The one that goes by weights alone, and those that go by what runs on each server, too. All take new weights at any time. */
const BY_WEIGHT = 'roundrobin';
const BY_LOAD = ['leastconn', 'random'];
/** Algorithms that don't. Those that are left depend on their `hash-type`, which HAProxy does not tell. */
const NOT_BY_WEIGHT = ['static-rr', 'first'];

/** Errors: `BalancerRefused` without the right to change weights, `BalancerNotPrepared` where weights mean nothing. */
export async function describeBackend(
  { socket, backend, stateFile }: EntryVia<'haproxy'>,
  { nodes, weights }: Pick<Balancer, 'nodes' | 'weights'>,
  { sides, backend: there }: Found,
): Promise<TrafficDescription> {
  const { level, algorithm, persistence, pid } = there;
  if (level !== 'admin')
    throw new CrossfadeError(
      'BalancerRefused',
      `HAProxy's socket ${socket} has "level ${level}"; a change of weights needs "level admin".`,
    );
  if (NOT_BY_WEIGHT.includes(algorithm))
    throw new CrossfadeError(
      'BalancerNotPrepared',
      `The backend ${backend} of HAProxy has "balance ${algorithm}", which takes no new weights; "balance roundrobin" does.`,
    );

  const count = { x: nodes.x.length, y: nodes.y.length };
  const possible = weights.filter((weight) => weightsFor(weight, count) !== undefined);
  // They would get requests too, so the shares would be wrong: told as nodes that the plan does not have.
  const strange = there.servers.filter(({ name }) => !nodes.x.includes(name) && !nodes.y.includes(name));
  const lacks = [
    ...coarse(algorithm),
    ...(persistence === undefined
      ? []
      : [
          `${persistence} keeps clients on their node: a smaller share of a side moves new clients only. A side without any share is closed by maintenance, which cuts what runs there if its servers have "on-marked-down shutdown-sessions".`,
        ]),
    ...unequal(sides.x),
    ...unchecked([...sides.x, ...sides.y]),
    ...(await whyNotLoaded({ pid, backend, stateFile })),
  ];
  return {
    driver: 'haproxy',
    place: `${backend} of HAProxy at ${socket}`,
    ...(possible.length === weights.length ? {} : { weights: [0, ...possible] }),
    nodes: { x: [...sides.x, ...strange].map(toNode), y: sides.y.map(toNode) },
    ...(lacks.length === 0 ? {} : { lacks }),
  };
}

function coarse(algorithm: string): string[] {
  if (algorithm === BY_WEIGHT) return [];
  return BY_LOAD.includes(algorithm)
    ? [
        `"balance ${algorithm}" also goes by how much runs on each node, so the share that arrives is only near the weight: widen traffic.tolerance, or take "balance roundrobin".`,
      ]
    : [`"balance ${algorithm}" takes new weights only with "hash-type consistent", and then splits by what it hashes.`];
}

function unequal(servers: readonly Server[]): string[] {
  const configured = new Set(servers.map((server) => server.configured));
  if (configured.size <= 1) return [];
  const text = servers.map((server) => `${server.name} ${server.configured}`).join(', ');
  return [`X's nodes have different weights in the configuration (${text}); every node of a side gets the same.`];
}

function unchecked(servers: readonly Server[]): string[] {
  const names = servers.filter(({ status }) => status === 'no check').map(({ name }) => name);
  return names.length === 0 ? [] : [`HAProxy does not check the health of ${names.join(', ')} (no "check").`];
}

const toNode = ({ name, address }: Server): BalancedNode => ({ name, address });
