import { recordOf } from './dns-faults.ts';
import { fieldsOf, listOf, type Fault } from './fault.ts';

/** An entry point as it came, and where it stands in the plan. */
export interface Place {
  readonly path: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

/** How people know it. */
export const nameOf = ({ entry }: Place): unknown => entry['name'] ?? entry['via'];

/** What only one of the entry points of a plan may have. */
export const twiceFaults = (places: readonly Place[]): Fault[] => [
  ...sameNames(places),
  ...sameThings(places),
  ...places.flatMap(hostsTwice),
];

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
    parts.length > 0 && parts.every((part) => typeof part === 'string') ? [via, ...parts].join(' ') : undefined,
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
