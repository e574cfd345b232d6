import { weightsOfAddresses, type Sides } from '../traffic/address-shares.ts';
import { plural } from '../plural.ts';
import { dnsFaults, isDns, recordOf } from './dns-faults.ts';
import { fieldsOf, listOf, type Fault } from './fault.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Place {
  readonly path: string;
  readonly entry: Fields;
}

/** Rules between the entry points of a plan, and between these and the steps. Over the plan as it came. */
export function trafficFaults(traffic: Fields): Fault[] {
  const places =
    traffic['via'] === 'several'
      ? listOf(traffic['entries']).map((entry, index) => ({
          path: `traffic.entries[${index}]`,
          entry: fieldsOf(entry),
        }))
      : [{ path: 'traffic', entry: traffic }];
  return [
    ...sameNames(places),
    ...sameThings(places),
    ...places.flatMap((place) => [
      ...hostsTwice(place),
      ...halfOfPrograms(place),
      ...sameSides(place),
      ...impossibleSteps(place, traffic['steps']),
      ...dnsFaults(place.path, place.entry, traffic['settle']),
    ]),
  ];
}

const nameOf = ({ entry }: Place): unknown => entry['name'] ?? entry['via'];

function sameNames(places: readonly Place[]): Fault[] {
  return repeated(places.map((place) => [`${place.path}.name`, nameOf(place)])).map(({ path, first, value }) => ({
    path,
    message: `expected a name of its own: ${first.replace(/\.name$/, '')} is called ${String(value)} too`,
  }));
}

/** What an entry point changes, by the place in the plan that says so. The same twice would be two hands on one wheel. */
function sameThings(places: readonly Place[]): Fault[] {
  return repeated(places.flatMap(thingsOf)).map(({ path, first }) => ({
    path,
    message: `is what ${first} changes already`,
  }));
}

function thingsOf({ path, entry }: Place): [string, unknown][] {
  const { via, host } = entry;
  const hosts = typeof host === 'string' ? [host] : [...new Set(listOf(host))];
  const thing = (field: string, ...parts: readonly unknown[]): [string, unknown] => [
    `${path}.${field}`,
    parts.every((part) => typeof part === 'string') ? [via, ...parts].join(' ') : undefined,
  ];
  const cluster = [entry['kubeconfig'] ?? '', entry['context'] ?? '', entry['namespace'] ?? 'default'];
  switch (via) {
    case 'nginx':
      return hosts.map((one) => thing('directory', one, entry['directory']));
    case 'haproxy':
      return hosts.map((one) => thing('backend', one, entry['socket'], entry['backend']));
    case 'gateway-api':
      return listOf(entry['routes']).map((route, index) => {
        const { kind = 'HTTPRoute', name } = fieldsOf(route);
        return thing(`routes[${index}]`, ...cluster, kind, name);
      });
    case 'ingress-nginx':
      return [thing('ingress', ...cluster, entry['ingress'])];
    case 'kubernetes-service':
      return [thing('service', ...cluster, entry['service'])];
    case 'command':
      return [thing('set', ...listOf(entry['set']))];
    default:
      return [[`${path}.record`, recordOf(entry)]];
  }
}

function hostsTwice({ path, entry }: Place): Fault[] {
  return repeated(listOf(entry['host']).map((host, index) => [`${path}.host[${index}]`, host])).map(
    ({ path: place, first }) => ({ path: place, message: `is the same as ${first}` }),
  );
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

/** What has been there before, each with the place where it was first. */
function repeated(all: readonly (readonly [string, unknown])[]): { path: string; first: string; value: unknown }[] {
  const seen = new Map<unknown, string>();
  return all.flatMap(([path, value]) => {
    const first = seen.get(value);
    if (value === undefined) return [];
    if (first !== undefined) return [{ path, first, value }];
    seen.set(value, path);
    return [];
  });
}
