import { KubeConfig, type Cluster } from '@kubernetes/client-node';
import { CrossfadeError } from '../../../domain/errors/index.ts';

/** Which cluster, as whom. */
export interface ClusterRef {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** Error `BalancerNotPrepared` with the path, if the file is not there or not a kubeconfig, or has no such context. */
export function loadKubeConfig({ kubeconfig, context }: ClusterRef): { config: KubeConfig; cluster: Cluster } {
  const path = kubeconfig ?? process.env['KUBECONFIG'];
  const place = path === undefined ? 'The kubeconfig that kubectl would use' : `The kubeconfig ${path}`;
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    // A parser's message shows lines of the file, and so what is secret in them.
    const { code } = error as NodeJS.ErrnoException;
    throw new CrossfadeError(
      'BalancerNotPrepared',
      `${place} ${code === undefined ? 'is not a kubeconfig' : `can't be read by the worker (${code})`}.`,
    );
  }
  if (context !== undefined) {
    const names = config.contexts.map(({ name }) => name);
    if (!names.includes(context))
      throw new CrossfadeError(
        'BalancerNotPrepared',
        `${place} has no context ${context}; it has ${names.join(', ') || 'none'}.`,
      );
    config.setCurrentContext(context);
  }
  return { config, cluster: usable(config, place) };
}

/** What the client falls back to when it finds no file and no service account. */
const FALLBACK = 'http://localhost:8080';

function usable(config: KubeConfig, place: string): Cluster {
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new CrossfadeError('BalancerNotPrepared', `${place} does not say which cluster: it has no current context.`);
  if (cluster.server === FALLBACK)
    throw new CrossfadeError(
      'BalancerNotPrepared',
      'The worker finds no cluster: neither `kubeconfig` in the plan, nor KUBECONFIG, ~/.kube/config or the service account of a pod.',
    );
  if (!cluster.server.startsWith('https:') && !cluster.skipTLSVerify)
    throw new CrossfadeError('BalancerNotPrepared', `${place} has ${cluster.server}, which is not https.`);
  return cluster;
}
