import type { ClusterRunner } from '../adapters/cluster/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { differingSets, type NodeMigrations } from '../domain/migrations/index.ts';
import type { KongNode, Side } from '../domain/plan/index.ts';
import { readState } from './read-migrations.ts';

/**
 * The state of the migrations with the settings of every node: what `kong migrations` knows depends on the plugins that it loads.
 * Errors as of `readState`.
 *
 * @param env on top of every node's settings, e.g. the role of a migration
 */
export async function readEachNode(
  runner: ClusterRunner,
  { version, nodes }: Side,
  env: Readonly<Record<string, string>> = {},
): Promise<NodeMigrations[]> {
  const states: NodeMigrations[] = [];
  // One after the other: each is two commands, and hosts have little room beside the nodes that serve.
  for (const node of nodes)
    states.push({ node: node.name, state: await readState(withSettingsOf(runner, node), version, env) });
  return states;
}

/** After `up` with the settings of the first node: every other node sees the same state. Error `PluginSetDiffers` says who does not. */
export async function provePluginSets(
  runner: ClusterRunner,
  cluster: Side,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (cluster.nodes.length < 2) return;
  const differing = differingSets(await readEachNode(runner, cluster, env));
  if (differing.length === 0) return;
  throw new CrossfadeError('PluginSetDiffers', `Migrations are not the same for every node: ${differing.join('; ')}.`);
}

const withSettingsOf = (runner: ClusterRunner, node: KongNode): ClusterRunner => ({
  ...runner,
  kong: (args, options) => runner.kong(args, { ...options, node }),
});
