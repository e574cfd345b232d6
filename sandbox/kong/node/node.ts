import { randomUUID } from 'node:crypto';
import { FaultWatch, nodeName } from '../faults.ts';
import { atLeast, type KongVersion } from '../schema/versions.ts';
import { loadedPlugins, setting, type Settings } from '../settings.ts';
import { Credentials } from './credentials.ts';
import { Database } from './database.ts';
import { NodeLog } from './error-log.ts';
import { ClusterEvents, type Concern } from './events.ts';
import { pluginFactory } from './factory.ts';
import { Connections } from './listener.ts';
import { ClusterCounters, LocalCounters } from './plugins/counters.ts';
import {
  loadPlugins,
  loadRouting,
  PluginIndex,
  PluginNotEnabled,
  type PluginFactory,
  type Routing,
} from './snapshot.ts';
import { KONG_BUCKETS, KONG_BUCKETS_OLD, Traffic } from './traffic.ts';
import { Router } from './router.ts';

/** A running node: its configuration in memory, and what keeps that up to date. */
export class KongNode {
  readonly version: KongVersion;
  readonly nodeId = randomUUID();
  readonly db: Database;
  readonly log: NodeLog;
  readonly faults: FaultWatch;
  readonly connections = new Connections();
  readonly traffic: Traffic;
  readonly events: ClusterEvents;
  settings: Settings;
  /** Reloads that it took: nginx has other workers after each. */
  reloads = 0;
  #routing: Routing = { router: new Router([]), services: new Map() };
  #plugins = new PluginIndex([], () => undefined);
  readonly #credentials: Credentials;
  readonly #cluster: ClusterCounters;
  readonly #make: PluginFactory;
  #stale = false;

  constructor(version: KongVersion, settings: Settings) {
    this.version = version;
    this.settings = settings;
    const prefix = setting(settings, 'prefix');
    this.db = new Database(settings);
    this.log = new NodeLog(prefix, setting(settings, 'log_level'));
    this.faults = new FaultWatch(nodeName(prefix));
    const labelled = atLeast(version, '3.7.1') ? 'workspace="default",' : '';
    this.traffic = new Traffic(atLeast(version, '3.9.0') ? KONG_BUCKETS : KONG_BUCKETS_OLD, labelled);
    this.events = new ClusterEvents(this.db, version, this.nodeId);
    this.#credentials = new Credentials(this.db);
    this.#cluster = new ClusterCounters(this.db, (text) =>
      this.log.error('error', `*1 [kong] init.lua ${text}, context: ngx.timer`),
    );
    this.#make = pluginFactory({
      version,
      credentials: this.#credentials,
      local: new LocalCounters(),
      cluster: this.#cluster,
    });
  }

  readonly routing = (): Routing => this.#routing;
  readonly plugins = (): PluginIndex => this.#plugins;

  get usesPrometheus(): boolean {
    return this.#plugins.names.has('prometheus');
  }

  get enabledPlugins(): ReadonlyMap<string, number> {
    return loadedPlugins(this.version, this.settings);
  }

  /** Reads everything. Throws {@link PluginNotEnabled} or DatabaseError, and then goes on with what it had. */
  async load(): Promise<void> {
    const routing = await loadRouting(this.db);
    this.#plugins = await loadPlugins(this.db, this.version, this.enabledPlugins, this.#make);
    this.#routing = routing;
    this.#credentials.forget();
    this.#stale = false;
  }

  /** Something changed: credentials are forgotten at once, routing and plugins are rebuilt by the next {@link rebuild}. */
  changed(concern: Concern): void {
    if (concern === 'credentials') this.#credentials.forget();
    else this.#stale = true;
  }

  /** Rebuilds what is stale. A plugin that this node does not know keeps all plugins as they were. */
  async rebuild(): Promise<void> {
    if (!this.#stale) return;
    try {
      this.#routing = await loadRouting(this.db);
      this.#plugins = await loadPlugins(this.db, this.version, this.enabledPlugins, this.#make);
      this.#stale = false;
    } catch (error) {
      const what =
        error instanceof PluginNotEnabled
          ? 'could not rebuild plugins iterator via timer'
          : 'could not rebuild router via timer';
      this.log.error('error', `*1 [lua] handler.lua: ${what}: ${(error as Error).message}, context: ngx.timer`);
    }
  }

  /** Hears what other nodes changed. */
  async poll(): Promise<void> {
    try {
      for (const concern of await this.events.receive()) this.changed(concern);
    } catch (error) {
      this.log.error(
        'error',
        `*1 [lua] init.lua [cluster_events] failed to poll: ${(error as Error).message}, context: ngx.timer`,
      );
    }
  }

  async close(): Promise<void> {
    await this.#cluster.settled();
    await Promise.all([this.db.close(), this.log.close()]);
  }
}
