import { fileURLToPath } from 'node:url';
import { runInstaller } from '../run.ts';

/**
 * Builds the API server of Kubernetes into `dir`. The Go module in this folder pins it with all that it is made of: it can't be had by
 * `go install`, since its own module replaces the modules that come from its staging area. Other work of this machine goes first.
 */
export function buildKubeApiserver(dir: string): Promise<void> {
  const version = '-X k8s.io/component-base/version.gitVersion=v1.34.1';
  const module = fileURLToPath(new URL('.', import.meta.url));
  return runInstaller('nice', [
    ...['-n', '19', 'go', 'build', '-C', module, '-mod=readonly', '-trimpath', '-ldflags', `-s -w ${version}`],
    ...['-o', dir, 'k8s.io/kubernetes/cmd/kube-apiserver'],
  ]);
}
