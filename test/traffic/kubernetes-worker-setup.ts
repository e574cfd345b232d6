import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import { traffic } from '../../src/domain/plan/traffic.ts';
import { balancersOf } from '../../src/domain/traffic/balancers.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';

export const NAMESPACE = 'kong';

export const upgrade = (runId: string): UpgradeRef => ({
  ...{ cluster: 'kong', workflowId: 'kong/kong', runId, startedAt: '2026-01-01T00:00:00.000Z' },
});

export function routerFor(
  kubeconfig: string,
  entry: Record<string, unknown>,
  weights: readonly number[] = [100],
): TrafficRouter {
  const steps = weights.map((y) => ({ y, bake: '1s' }));
  const plan = traffic.parse({ kubeconfig, namespace: NAMESPACE, steps, ...entry });
  const [balancer] = balancersOf({ x: { nodes: [] }, y: { nodes: [] }, traffic: plan } as never);
  if (balancer === undefined) throw new Error('no balancer');
  return createTrafficRouter({ secrets: createSecrets({}) })(balancer);
}
