// Sets a weight on a route, as a worker does: node kubernetes-worker.ts KUBECONFIG ENTRY WEIGHT EPOCH
import { routerFor, upgrade } from './kubernetes-worker-setup.ts';

const [kubeconfig = '', entry = '{}', weight, epoch] = process.argv.slice(2);
await routerFor(kubeconfig, JSON.parse(entry) as Record<string, unknown>).set({
  ...{ upgrade: upgrade('mine'), weight: Number(weight), epoch: Number(epoch), expected: 0 },
});
