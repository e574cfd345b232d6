import type { CommandRunner, KongNode, Side } from '../../domain/plan/index.ts';
import type { CommandResult } from '../process/index.ts';
import { basicEnvironment, resolveAll } from './environment.ts';
import type { RunnerDeps } from './local.ts';
import type { ClusterRunner } from './port.ts';

const TIMEOUT = 120_000;

/**
 * The user's own commands, wherever the nodes run. They know the database by themselves; what `kong` is to get on top (the role of a
 * migration) is in its environment, and the user's command has to pass it on.
 */
export function commandRunner(deps: RunnerDeps, cluster: Side): ClusterRunner {
  const { kong, env: sideEnv } = cluster.runs as CommandRunner;
  const { secrets, run } = deps;

  const environment = (node: KongNode | undefined): Record<string, string> => ({
    ...basicEnvironment(deps.environment),
    ...resolveAll(sideEnv, secrets),
    ...resolveAll(node?.env ?? {}, secrets),
  });
  const ofNode = (node: KongNode, command: readonly string[] | undefined, timeout: number): Promise<CommandResult> =>
    run(command ?? [], { env: environment(node), timeout });

  return {
    on: 'command',
    kong: (args, { node = cluster.nodes[0], env = {}, signal, onLine, timeoutMs }) =>
      run([...kong, ...args], { env: { ...environment(node), ...env }, signal, onLine, timeout: timeoutMs }),
    plugins: (node) => Promise.resolve(environment(node)['KONG_PLUGINS']),
    prepare: () => Promise.resolve({ exitCode: 0, stdout: '', stderr: '', timedOut: false }),
    start: (node) => ofNode(node, node.start, TIMEOUT),
    // Whether a foreign command cut a request can't be seen from here.
    stop: (node, drainMs) => ofNode(node, node.stop, drainMs + TIMEOUT),
    reload: (node) => ofNode(node, node.reload, TIMEOUT),
    remove: () => Promise.resolve(),
    log: () => Promise.resolve(''),
  };
}
