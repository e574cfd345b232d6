import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { SideName } from '../../../domain/names.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { Balancer } from '../../../domain/traffic/balancers.ts';
import type { TrafficState } from '../../../domain/traffic/state.ts';
import { readRecord, type Author, type ChangeRecord } from './record.ts';
import { readBackend, type Backend, type Server } from './servers.ts';
import { readShare } from './weights.ts';

export type Sides = Readonly<Record<SideName, readonly Server[]>>;

/** What HAProxy does now, and whose change it was. */
export interface Found {
  readonly backend: Backend;
  readonly sides: Sides;
  readonly record: ChangeRecord;
  readonly now: TrafficState;
}

type Entry = EntryVia<'haproxy'>;

/** Error `BalancerNotPrepared` if a node of the plan is no server of the backend. */
export async function readState(entry: Entry, nodes: Balancer['nodes'], recordOf = readRecord): Promise<Found> {
  const { record, backend } = await readBoth(entry, recordOf);
  const sides = { x: serversOf(entry, backend, nodes.x), y: serversOf(entry, backend, nodes.y) };
  const { made, begun } = record;
  // Killed between the change and the record of it.
  const after = begun === undefined ? undefined : stateBy(sides, backend, begun);
  const wasMade = after !== undefined && after.weight === begun?.weight && sameNodes(after.out, begun.out);
  return { backend, sides, record, now: wasMade ? after : stateBy(sides, backend, made) };
}

/** Again if somebody made a change in between: the record of one moment and the weights of another would be nobody's state. */
async function readBoth(
  entry: Entry,
  recordOf: typeof readRecord,
): Promise<{ record: ChangeRecord; backend: Backend }> {
  for (;;) {
    const record = await recordOf(entry);
    const backend = await readBackend(entry);
    if (JSON.stringify(await recordOf(entry)) === JSON.stringify(record)) return { record, backend };
  }
}

export const sameState = (a: TrafficState, b: TrafficState): boolean =>
  a.weight === b.weight && a.epoch === b.epoch && a.by === b.by && sameNodes(a.out, b.out);

/**
 * Which nodes of one side are out of HAProxy. The last one of a side is not, though it counts as out: a side without a server would
 * answer nothing but errors.
 */
export function outOfService(servers: readonly Server[], out: readonly string[]): ReadonlySet<string> {
  const ofThisSide = out.filter((name) => servers.some((server) => server.name === name));
  return new Set(ofThisSide.length === servers.length ? ofThisSide.slice(0, -1) : ofThisSide);
}

/** The sum of the weights of each side's nodes in service. */
export function totalOf(sides: Sides, out: readonly string[], weight = (server: Server) => server.weight) {
  const sum = (servers: readonly Server[]) => {
    const gone = outOfService(servers, out);
    return servers.filter(({ name }) => !gone.has(name)).reduce((total, server) => total + weight(server), 0);
  };
  return { x: sum(sides.x), y: sum(sides.y) };
}

function stateBy(sides: Sides, backend: Backend, { epoch, by, out: recorded }: Author): TrafficState {
  const out = [...outOn(sides.x, recorded, backend), ...outOn(sides.y, recorded, backend)];
  // In the order of the record: which node went last matters.
  out.sort((a, b) => recorded.indexOf(a) - recorded.indexOf(b));
  return { weight: readShare(totalOf(sides, out)), out, epoch, ...(by === undefined ? {} : { by }) };
}

function outOn(servers: readonly Server[], recorded: readonly string[], { persistence }: Backend): string[] {
  const serves = servers.some(({ weight, blocked }) => weight > 0 && blocked === undefined);
  const last = outOfService(servers, recorded);
  return servers
    .filter(({ name, weight, blocked }) => {
      const stays = recorded.includes(name) && !last.has(name);
      if (stays || (recorded.includes(name) && (blocked !== undefined || weight === 0))) return true;
      // A side without any share is closed to clients that would be kept there; that is no node out.
      if (blocked === 'maintenance' && weight === 0 && !serves && persistence !== undefined) return false;
      // By hand, by either way.
      return blocked !== undefined || (weight === 0 && serves);
    })
    .map(({ name }) => name);
}

function serversOf({ socket, backend }: Entry, { servers }: Backend, names: readonly string[]): Server[] {
  const missing = names.filter((name) => !servers.some((server) => server.name === name));
  if (missing.length > 0) {
    const there = servers.map(({ name }) => name).join(', ') || 'none';
    throw new CrossfadeError(
      'BalancerNotPrepared',
      `The backend ${backend} of HAProxy at ${socket} has no server ${missing.join(', ')}; it has ${there}.`,
    );
  }
  return servers.filter(({ name }) => names.includes(name));
}

const sameNodes = (a: readonly string[], b: readonly string[]) => [...a].sort().join() === [...b].sort().join();
