import type { Json } from '../schema/fields.ts';
import { readConfig } from '../schema/plugin-configs.ts';
import type { KongVersion } from '../schema/versions.ts';
import type { Database } from './database.ts';
import type { PluginRow, Route, Service } from './model.ts';
import { Router } from './router.ts';
import type { Plugin } from './plugins/plugin.ts';

/** Makes the runtime of a plugin row; undefined for a plugin that does nothing here. */
export type PluginFactory = (name: string, priority: number, config: Json) => Plugin | undefined;

/** Which parts of traffic the prometheus plugin measures on a route. */
export interface Measured {
  readonly status: boolean;
  readonly latency: boolean;
  readonly bandwidth: boolean;
  readonly perConsumer: boolean;
}

/** What a route does with its requests. */
export interface RoutePlan {
  readonly plugins: readonly Plugin[];
  readonly measured: Measured | undefined;
}

/** Routes and services as the node uses them. */
export interface Routing {
  readonly router: Router;
  readonly services: ReadonlyMap<string, Service>;
}

const ROUTES = `SELECT id, name, service_id, methods, hosts, paths, regex_priority, strip_path, preserve_host, created_at FROM routes`;
const SERVICES = `SELECT id, name, protocol, host, port, path, connect_timeout, read_timeout, enabled FROM services`;
const PLUGINS = `SELECT id, name, route_id, service_id, consumer_id, enabled, config FROM plugins`;

export async function loadRouting(db: Database): Promise<Routing> {
  const [routes, services] = [await db.query<Route & Json>(ROUTES), await db.query<Service & Json>(SERVICES)];
  const byId = new Map(services.filter((service) => service.enabled).map((service) => [service.id, service]));
  const usable = routes.filter((route) => route.service_id === null || byId.has(route.service_id));
  return { router: new Router(usable), services: byId };
}

/** Plugins of a node, worked out per route the first time that a request needs them. */
export class PluginIndex {
  readonly #rows: readonly PluginRow[];
  readonly #make: (row: PluginRow) => Plugin | undefined;
  readonly #made = new Map<string, Plugin | undefined>();
  readonly #plans = new Map<string, RoutePlan>();

  /** Names of the plugins that are configured anywhere. */
  readonly names: ReadonlySet<string>;

  constructor(rows: readonly PluginRow[], make: (row: PluginRow) => Plugin | undefined) {
    this.names = new Set(rows.map(({ name }) => name));
    this.#rows = rows;
    this.#make = make;
  }

  plan(routeId: string, serviceId: string | null): RoutePlan {
    const known = this.#plans.get(routeId);
    if (known !== undefined) return known;
    const chosen = new Map<string, PluginRow>();
    const rank = (row: PluginRow): number => (row.route_id === null ? 0 : 2) + (row.service_id === null ? 0 : 1);
    for (const row of this.#rows) {
      const applies = (row.route_id ?? routeId) === routeId && (row.service_id ?? serviceId) === serviceId;
      const better = chosen.get(row.name);
      if (applies && (better === undefined || rank(row) > rank(better))) chosen.set(row.name, row);
    }
    const plugins = [...chosen.values()].map((row) => this.#plugin(row)).filter((plugin) => plugin !== undefined);
    plugins.sort((a, b) => b.priority - a.priority);
    const plan = { plugins, measured: measured(chosen.get('prometheus')?.config) };
    this.#plans.set(routeId, plan);
    return plan;
  }

  #plugin(row: PluginRow): Plugin | undefined {
    if (!this.#made.has(row.id)) this.#made.set(row.id, this.#make(row));
    return this.#made.get(row.id);
  }
}

function measured(config: Json | undefined): Measured | undefined {
  if (config === undefined) return undefined;
  return {
    status: config['status_code_metrics'] === true,
    latency: config['latency_metrics'] === true,
    bandwidth: config['bandwidth_metrics'] === true,
    perConsumer: config['per_consumer'] === true,
  };
}

/** A plugin in the database that this node does not load. */
export class PluginNotEnabled extends Error {}

/** Reads the plugins. Throws {@link PluginNotEnabled}, and then nothing of the new plugins is used. */
export async function loadPlugins(
  db: Database,
  version: KongVersion,
  enabled: ReadonlyMap<string, number>,
  make: PluginFactory,
): Promise<PluginIndex> {
  const rows = (await db.query<PluginRow & Json>(PLUGINS)).filter((row) => row.enabled && row.consumer_id === null);
  for (const { name } of rows) {
    if (!enabled.has(name)) throw new PluginNotEnabled(`${name} plugin is in use but not enabled`);
  }
  const understood = rows.map((row) => ({ ...row, config: readConfig(version, row.name, row.config) }));
  return new PluginIndex(understood, (row) => make(row.name, enabled.get(row.name) ?? 0, row.config));
}
