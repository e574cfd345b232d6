import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef, KongNode, LocalRunner, Side } from '../../domain/plan/index.ts';
import type { CommandResult, RunCommand } from '../process/index.ts';
import type { Secrets } from '../secrets.ts';
import { basicEnvironment, databaseEnvironment, resolveAll } from './environment.ts';
import type { ClusterRunner } from './port.ts';
import { confSetting } from './kong-conf.ts';
import { removePrefix } from './prefix.ts';

const START_TIMEOUT = 60_000;
const SHORT_TIMEOUT = 30_000;
/** `kong quit` takes its time-out from the moment that it was told; this much later than the drain, only a stuck request is cut. */
const MARGIN = 5;
const LOG_TAIL = 2_000;

export interface RunnerDeps {
  readonly secrets: Secrets;
  readonly run: RunCommand;
  /** The worker's own, of which commands get next to nothing. */
  readonly environment: NodeJS.ProcessEnv;
}

/** `kong` on the worker's own host. Started nodes are daemons in sessions of their own: they outlive the worker. */
export function localRunner(deps: RunnerDeps, cluster: Side, database: DatabaseRef): ClusterRunner {
  const { kong, env: sideEnv } = cluster.runs as LocalRunner;
  const { secrets, run } = deps;

  const environment = (node: KongNode | undefined, prefix: string): Record<string, string> => ({
    ...basicEnvironment(deps.environment),
    ...databaseEnvironment(database, secrets),
    ...resolveAll(sideEnv, secrets),
    ...resolveAll(node?.env ?? {}, secrets),
    KONG_PREFIX: prefix,
  });
  const conf = (node: KongNode | undefined) => (node?.conf === undefined ? [] : ['-c', node.conf]);
  const ofNode = (node: KongNode, args: readonly string[], timeout: number): Promise<CommandResult> =>
    run([kong, ...args], { env: environment(node, prefixOf(node)), timeout });

  return {
    on: 'local',

    async kong(args, { node = cluster.nodes[0], env = {}, signal, onLine, timeoutMs }) {
      // Even `migrations` writes a prefix directory: a node's own must not be touched by it.
      const prefix = await mkdtemp(join(tmpdir(), 'crossfade-kong-'));
      try {
        const all = args[0] === 'version' ? args : [...args, ...conf(node)];
        const merged = { ...environment(node, prefix), ...env, KONG_PREFIX: prefix };
        return await run([kong, ...all], { env: merged, signal, onLine, timeout: timeoutMs });
      } finally {
        await rm(prefix, { recursive: true, force: true });
      }
    },

    plugins: async (node) =>
      environment(node, prefixOf(node))['KONG_PLUGINS'] ?? (await confSetting(node.conf, 'plugins')) ?? 'bundled',

    async prepare(node) {
      if (node.conf !== undefined) {
        const checked = await ofNode(node, ['check', node.conf], SHORT_TIMEOUT);
        if (checked.exitCode !== 0) return checked;
      }
      return ofNode(node, ['prepare', ...conf(node)], SHORT_TIMEOUT);
    },

    start: (node) => ofNode(node, ['start', ...conf(node)], START_TIMEOUT),

    async stop(node, drainMs) {
      const seconds = Math.ceil(drainMs / 1000) + MARGIN;
      const result = await ofNode(node, ['quit', '--timeout', String(seconds)], seconds * 1000 + SHORT_TIMEOUT);
      return { ...result, cut: result.stdout.includes('stopped forcefully') };
    },

    reload: (node) => ofNode(node, ['reload', ...conf(node)], SHORT_TIMEOUT),

    remove: (node) => removePrefix(prefixOf(node)),

    async log(node) {
      const text = await readFile(join(prefixOf(node), 'logs', 'error.log'), 'utf8').catch(() => '');
      return text.slice(-LOG_TAIL);
    },
  };
}

function prefixOf(node: KongNode): string {
  if (node.prefix !== undefined) return node.prefix;
  throw new CrossfadeError('PlanInvalid', `The node ${node.name} runs locally and has no prefix in the plan.`);
}
