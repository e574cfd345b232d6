import { rmSync, writeFileSync } from 'node:fs';
import { pidFile } from '../cli/process.ts';
import { table } from '../cli/texts.ts';
import { Connection } from '../db/connection.ts';
import { migrationState } from '../db/state.ts';
import type { KongVersion } from '../schema/versions.ts';
import { loadedPlugins, readKongEnv, setting, type Settings } from '../settings.ts';
import { adminApi } from './admin/api.ts';
import { deleteExpired } from './cleanup.ts';
import { Listener } from './listener.ts';
import { KongNode } from './node.ts';
import { Proxy } from './proxy.ts';
import { Signature } from './reply.ts';
import { PluginNotEnabled } from './snapshot.ts';
import { statusApi } from './status-api.ts';

const [version, prefix] = process.argv.slice(2) as [KongVersion, string];
const CRASH_AFTER_MS = 100;

/** The prefix's settings with the password that only this process knows. */
function settingsOf(): Settings {
  return { ...readKongEnv(prefix), pg_password: process.env['KONG_PG_PASSWORD'] ?? '' };
}

/** Why nginx's init phase would refuse this database; pending migrations are only a warning. */
async function checkMigrations(node: KongNode, settings: Settings): Promise<string | undefined> {
  const db = await Connection.open(settings, Number(setting(settings, 'pg_timeout')));
  const state = await migrationState(db, version, loadedPlugins(version, settings)).finally(() => db.close());
  if (state.needsBootstrap || state.fresh.length > 0) {
    return `[lua] init.lua: init(): New migrations available; run 'kong migrations up' to proceed`;
  }
  if (state.pending.length > 0)
    node.log.error('warn', `[lua] init.lua: init(): database has pending migrations:\n${table(state.pending)}`);
  return undefined;
}

const LINE = version.startsWith('3.9') ? 743 : 745;

/** Reads the configuration as nginx's init phase does; a text in its words if that refuses it. */
async function init(node: KongNode): Promise<string | undefined> {
  const refused = await checkMigrations(node, node.settings);
  if (refused !== undefined) return `nginx: [error] init_by_lua error: ${refused}`;
  try {
    await node.load();
    return undefined;
  } catch (error) {
    if (!(error instanceof PluginNotEnabled)) throw error;
    const lua = `/usr/local/share/lua/5.1/kong/init.lua:${LINE}`;
    return [
      `nginx: [error] init_by_lua error: ${lua}: error building initial plugins: ${error.message}`,
      'stack traceback:',
      `\t[C]: in function 'error'`,
      `\t${lua}: in function 'init'`,
      '\tinit_by_lua(nginx-kong.conf:44):3: in main chunk\n',
    ].join('\n');
  }
}

/** Tells the command that waits for this node how its start went; a start that failed is over. */
function report(failed?: string): void {
  process.send?.(failed === undefined ? {} : { failed }, () => {
    if (failed !== undefined) process.exit(1);
  });
}

async function listen(node: KongNode): Promise<Listener[]> {
  const proxy = new Proxy({
    signature: new Signature(version),
    log: node.log,
    traffic: node.traffic,
    faults: node.faults,
    routing: node.routing,
    plugins: node.plugins,
  });
  const handlers = { proxy_listen: proxy.handle, admin_listen: adminApi(node), status_listen: statusApi(node) };
  const listeners: Listener[] = [];
  for (const [name, handler] of Object.entries(handlers)) {
    const listener = new Listener(handler, node.connections);
    await listener.listen(setting(node.settings, name));
    listeners.push(listener);
  }
  return listeners;
}

function every(seconds: number, work: () => Promise<void>): void {
  let busy = false;
  setInterval(() => {
    if (busy) return;
    busy = true;
    void work().finally(() => (busy = false));
  }, seconds * 1000).unref();
}

/** SIGHUP: everything is read anew and connections are renewed; what init would refuse leaves the node as it was. */
async function reload(node: KongNode, listeners: readonly Listener[]): Promise<void> {
  const settings = settingsOf();
  node.log.error('notice', 'signal 1 (SIGHUP) received, reconfiguring');
  const before = node.settings;
  node.settings = settings;
  if (settings['pg_user'] !== before['pg_user']) node.db.reopen(settings);
  const refused = await init(node).catch((error: Error) => error.message);
  if (refused === undefined) {
    node.reloads += 1;
    await Promise.all(listeners.map((listener) => listener.renewConnections()));
  } else {
    node.settings = before;
    node.log.error('error', refused.replace(/^nginx: \[error\] /, ''));
  }
}

async function end(node: KongNode): Promise<never> {
  rmSync(pidFile(prefix), { force: true });
  await node.close();
  process.exit(0);
}

function onSignals(node: KongNode, listeners: readonly Listener[]): void {
  process.on('SIGHUP', () => void reload(node, listeners));
  process.on('SIGQUIT', () => {
    node.log.error('notice', 'signal 3 (SIGQUIT) received, shutting down');
    void Promise.all(listeners.map((listener) => listener.drain())).then(() => end(node));
  });
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      node.log.error('notice', `signal 15 (${name}) received, exiting`);
      for (const listener of listeners) listener.destroy();
      void end(node);
    });
  }
}

async function main(): Promise<void> {
  const node = new KongNode(version, settingsOf());
  const refused = await init(node);
  if (refused !== undefined) return report(refused);
  const listeners = await listen(node);
  onSignals(node, listeners);
  writeFileSync(pidFile(prefix), `${process.pid}\n`);
  every(Number(setting(node.settings, 'db_update_frequency')), () => node.poll());
  every(Number(setting(node.settings, 'worker_state_update_frequency')), () => node.rebuild());
  every(Number(setting(node.settings, '_debug_pg_ttl_cleanup_interval')), () =>
    deleteExpired(node.db, version, node.log),
  );
  report();
  if (node.faults.current.start === 'crash') setTimeout(() => process.exit(139), CRASH_AFTER_MS);
}

main().catch((error: Error & { code?: string; address?: string; port?: number }) => {
  const bind = `nginx: [emerg] bind() to ${error.address}:${error.port} failed (98: Address already in use)`;
  report(error.code === 'EADDRINUSE' ? bind : error.message);
});
