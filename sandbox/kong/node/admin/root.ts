import { hostname } from 'node:os';
import type { Json } from '../../schema/fields.ts';
import { bundledPlugins } from '../../schema/bundled.ts';
import { atLeast } from '../../schema/versions.ts';
import type { Settings } from '../../settings.ts';
import { addresses } from '../listener.ts';
import type { KongNode } from '../node.ts';

function typed(name: string, value: string): unknown {
  if (name === 'pg_password') return '******';
  if (/_listen$|^plugins$/.test(name)) return value.split(',').map((part) => part.trim());
  if (/^\d+$/.test(value)) return Number(value);
  return value;
}

function configuration(settings: Settings, loaded: ReadonlyMap<string, number>): Json {
  const listeners = (name: string): Json[] =>
    addresses(settings[name] ?? 'off').map(({ host, port }) => ({
      listener: `${host}:${port}`,
      ip: host,
      port,
      ssl: false,
    }));
  return {
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, typed(name, value)])),
    loaded_plugins: Object.fromEntries([...loaded.keys()].map((name) => [name, true])),
    proxy_listeners: listeners('proxy_listen'),
    admin_listeners: listeners('admin_listen'),
    status_listeners: listeners('status_listen'),
  };
}

/** `GET /` of the Admin API. Throws DatabaseError. */
export async function root(node: KongNode): Promise<Json> {
  const { version } = node;
  const used = await node.db.query<{ name: string }>('SELECT DISTINCT name FROM plugins WHERE enabled');
  const available = [...bundledPlugins(version)].map(([name, priority]) => [name, { version, priority }]);
  return {
    node_id: node.nodeId,
    hostname: hostname(),
    pids: { master: process.pid, workers: [process.pid + 1 + node.reloads] },
    version,
    ...(atLeast(version, '3.6.1') ? { edition: 'community' } : {}),
    tagline: 'Welcome to kong',
    lua_version: 'LuaJIT 2.1.1700206165',
    timers: { running: 101, pending: 1 },
    plugins: {
      available_on_server: Object.fromEntries(available),
      enabled_in_cluster: used.map(({ name }) => name),
    },
    configuration: configuration(node.settings, node.enabledPlugins),
  };
}
