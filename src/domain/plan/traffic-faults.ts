import { weightsOfAddresses, type Sides } from '../traffic/address-shares.ts';
import { plural } from '../plural.ts';
import { dnsFaults, isDns } from './dns-faults.ts';
import { fieldsOf, listOf, type Fault } from './fault.ts';
import { nginxFaults } from './nginx-faults.ts';
import { nameOf, twiceFaults, type Place } from './twice-faults.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Rules between the entry points of a plan, and between these and the steps. Over the plan as it came. */
export function trafficFaults(plan: Fields): Fault[] {
  const traffic = fieldsOf(plan['traffic']);
  const places =
    traffic['via'] === 'several'
      ? listOf(traffic['entries']).map((entry, index) => ({
          path: `traffic.entries[${index}]`,
          entry: fieldsOf(entry),
        }))
      : [{ path: 'traffic', entry: traffic }];
  return [
    ...twiceFaults(places),
    ...places.flatMap((place) => [
      ...halfOfPrograms(place),
      ...sameSides(place),
      ...headerOfStreams(place),
      ...impossibleSteps(place, traffic['steps']),
      ...dnsFaults(place.path, place.entry, traffic['settle']),
    ]),
    // Of the nodes it is enough to be told once.
    ...unique(places.flatMap(({ path, entry }) => nginxFaults(path, entry, plan))),
  ];
}

function halfOfPrograms({ path, entry }: Place): Fault[] {
  if (entry['via'] !== 'command' || (entry['out'] === undefined) === (entry['in'] === undefined)) return [];
  const [there, missing] = entry['in'] === undefined ? ['out', 'in'] : ['in', 'out'];
  return [{ path: `${path}.${missing}`, message: `is needed where there is \`${there}\`: a node must come back, too` }];
}

/** Kubernetes: one backend, or the same pods, for both sides. */
function sameSides({ path, entry: { via, x, y } }: Place): Fault[] {
  if (via !== 'gateway-api' && via !== 'kubernetes-service') return [];
  const sorted = (side: unknown) => JSON.stringify(Object.entries(fieldsOf(side)).sort());
  if (Object.keys(fieldsOf(x)).length === 0 || sorted(x) !== sorted(y)) return [];
  return [{ path: `${path}.y`, message: `is the same as ${path}.x` }];
}

function headerOfStreams({ path, entry: { via, routes, testers } }: Place): Fault[] {
  const kinds = listOf(routes).map((route) => fieldsOf(route)['kind'] ?? 'HTTPRoute');
  if (via !== 'gateway-api' || testers === undefined || kinds.some((kind) => kind !== 'TCPRoute')) return [];
  return [{ path: `${path}.testers`, message: 'needs a route that has headers: an HTTPRoute or a GRPCRoute' }];
}

/** Each entry point has to make every step. */
function impossibleSteps(place: Place, steps: unknown): Fault[] {
  const possible = possibleWeights(place);
  if (possible === undefined) return [];
  return listOf(steps).flatMap((step, index) => {
    const { y } = fieldsOf(step);
    if (typeof y !== 'number' || possible.weights.includes(y)) return [];
    const weights = possible.weights.filter((weight) => weight > 0).join(', ');
    const message = `can't be made by ${String(nameOf(place))}: ${possible.why}; possible are ${weights} %`;
    return [{ path: `traffic.steps[${index}].y`, message }];
  });
}

function possibleWeights({ entry }: Place): { readonly weights: readonly number[]; readonly why: string } | undefined {
  if (entry['via'] === 'kubernetes-service')
    return { weights: [0, 100], why: 'the selector of a Service is all or nothing' };
  if (entry['via'] !== 'rfc2136' || !isDns(entry)) return undefined;
  const sides = { type: 'A', ...entry } as unknown as Sides;
  const why =
    sides.type === 'CNAME'
      ? 'a CNAME stands for one name'
      : `its share is made by ${plural(sides.x.length, 'address', 'addresses')} of X and ${sides.y.length} of Y`;
  return { weights: weightsOfAddresses(sides), why };
}

const unique = (faults: readonly Fault[]): Fault[] =>
  faults.filter(({ path }, index) => faults.findIndex((one) => one.path === path) === index);
