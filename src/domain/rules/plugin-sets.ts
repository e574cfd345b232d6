import { isBundled } from '../bundled-plugins.ts';
import type { Finding } from '../findings.ts';
import { differingSets, type NodeMigrations } from '../migrations/index.ts';
import type { SideName } from '../names.ts';
import { pass, refuse, warn } from './finding.ts';

/** Every node of a side sees the same migrations: what Kong knows of depends on the plugins that a node loads. */
export function samePluginSets(side: SideName, nodes: readonly NodeMigrations[]): Finding {
  const rule = `plugins-${side}`;
  const cluster = side.toUpperCase();
  const differing = differingSets(nodes);
  if (differing.length > 0)
    return refuse(
      rule,
      `The nodes of ${cluster} don't see the same migrations: ${differing.join('; ')}.`,
      'Give every node of the side the same `plugins` (`KONG_PLUGINS`): migrations run with the settings of the first node, and one that knows more would not start.',
    );
  return pass(rule, `Every node of ${cluster} sees the same migrations (${nodes.map(({ node }) => node).join(', ')}).`);
}

/** What a node of Y loads, as its settings say; `undefined` where they can't be seen. */
export interface NodePlugins {
  readonly node: string;
  readonly plugins: string | undefined;
}

/** Y knows every plugin that is configured: a node that does not refuses to start. */
export function pluginsKnown(
  inUse: Readonly<Record<string, number>>,
  nodes: readonly NodePlugins[],
  version: string,
): Finding {
  const rule = 'plugins-in-use';
  const names = Object.keys(inUse);
  const lacking = nodes.flatMap(({ node, plugins }) => {
    if (plugins === undefined) return [];
    const loads = new Set(plugins.split(',').map((one) => one.trim()));
    const missing = names.filter((name) => !loads.has(name) && !(loads.has('bundled') && isBundled(name, version)));
    return missing.length === 0 ? [] : [`${node} does not load ${missing.join(', ')}`];
  });
  if (lacking.length > 0)
    return refuse(
      rule,
      `Configured plugins that Y would not start with: ${lacking.join('; ')}.`,
      'Install them on Y and name them in `plugins` (`KONG_PLUGINS`), or remove them from the configuration before the upgrade.',
    );
  const unseen = nodes.filter(({ plugins }) => plugins === undefined).map(({ node }) => node);
  if (unseen.length > 0)
    return warn(
      rule,
      `What these nodes load can't be seen, they are run by commands of your own: ${unseen.join(', ')}.`,
      `See to it that they load every plugin in use: ${names.join(', ') || 'none'}.`,
    );
  return pass(rule, `Y loads every plugin that is configured (${names.join(', ') || 'none'}).`);
}
