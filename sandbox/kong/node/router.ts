import type { Route } from './model.ts';

/** A route that a request matched, and which part of the path did it. */
export interface Match {
  readonly route: Route;
  /** Matched start of the path; empty for a route without paths. */
  readonly prefix: string;
}

interface Entry {
  readonly route: Route;
  readonly path: string | undefined;
  readonly regex: RegExp | undefined;
  readonly hosts: ReadonlySet<string> | undefined;
  readonly methods: ReadonlySet<string> | undefined;
}

const some = (values: readonly string[] | null): ReadonlySet<string> | undefined =>
  values === null || values.length === 0 ? undefined : new Set(values);

function entries(route: Route): Entry[] {
  const rest = { route, hosts: some(route.hosts), methods: some(route.methods) };
  const paths = route.paths === null || route.paths.length === 0 ? [undefined] : route.paths;
  return paths.map((path) =>
    path?.startsWith('~') === true
      ? { ...rest, path: path.slice(1), regex: new RegExp(path.slice(1), 'y') }
      : { ...rest, path, regex: undefined },
  );
}

const weight = (entry: Entry): number => [entry.path, entry.hosts, entry.methods].filter((x) => x !== undefined).length;

/** More matching attributes first, then regular expressions by priority, then the longer path, then the older route. */
function compare(a: Entry, b: Entry): number {
  return (
    weight(b) - weight(a) ||
    Number(b.regex !== undefined) - Number(a.regex !== undefined) ||
    (b.route.regex_priority ?? 0) - (a.route.regex_priority ?? 0) ||
    (b.path?.length ?? 0) - (a.path?.length ?? 0) ||
    a.route.created_at - b.route.created_at
  );
}

function pathMatch(entry: Entry, path: string): string | undefined {
  if (entry.path === undefined) return '';
  if (entry.regex === undefined) return path.startsWith(entry.path) ? entry.path : undefined;
  entry.regex.lastIndex = 0;
  return entry.regex.exec(path)?.[0];
}

/** Finds routes for requests; built once per configuration. */
export class Router {
  readonly #entries: readonly Entry[];

  constructor(routes: readonly Route[]) {
    this.#entries = routes.flatMap(entries).sort(compare);
  }

  find(method: string, host: string, path: string): Match | undefined {
    for (const entry of this.#entries) {
      if (entry.methods !== undefined && !entry.methods.has(method)) continue;
      if (entry.hosts !== undefined && !entry.hosts.has(host)) continue;
      const prefix = pathMatch(entry, path);
      if (prefix !== undefined) return { route: entry.route, prefix };
    }
    return undefined;
  }
}

/** The path that the upstream gets: without the matched part if the route strips it, behind the service's own path. */
export function upstreamPath({ route, prefix }: Match, servicePath: string | null, path: string): string {
  const rest = route.strip_path ? path.slice(prefix.length) : path;
  const base = servicePath === null || servicePath === '/' ? '' : servicePath;
  if (base === '') return rest.startsWith('/') ? rest : `/${rest}`;
  if (rest === '') return base;
  return base.endsWith('/') && rest.startsWith('/') ? base + rest.slice(1) : base + rest;
}
