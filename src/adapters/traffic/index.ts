import { createCommandRouter } from './command/router.ts';
import { createHaproxyRouter } from './haproxy/router.ts';
import { lazily } from './lazily.ts';
import { createNginxRouter } from './nginx/router.ts';
import type { CreateTrafficRouter } from './port.ts';
import { createPowerdnsRouter } from './powerdns/router.ts';
import { createRfc2136Router } from './rfc2136/router.ts';
import { createRoute53Router } from './route53/router.ts';
import type { Submitted } from './route53/spread.ts';
import type { Secrets } from '../secrets.ts';

export interface TrafficDeps {
  readonly secrets: Secrets;
  /** What the user's own programs get of the worker's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The balancer of an entry point of a plan. */
export function createTrafficRouter({ secrets, environment = {} }: TrafficDeps): CreateTrafficRouter {
  const submitted = new Map<string, Submitted>();
  return (balancer) => {
    const { entry } = balancer;
    switch (entry.via) {
      case 'nginx':
        return createNginxRouter(entry, balancer);
      case 'haproxy':
        return createHaproxyRouter(entry, balancer);
      case 'command':
        return createCommandRouter(entry, balancer, { secrets, environment });
      case 'route53':
        return createRoute53Router(entry, submitted);
      case 'powerdns':
        return createPowerdnsRouter(entry, balancer.weights, secrets);
      case 'rfc2136':
        return createRfc2136Router(entry, { secrets, path: environment['PATH'] ?? '' });
      case 'gateway-api':
        return lazily(
          async () => (await import('./kubernetes/gateway-api.ts')).createGatewayApiRouter(entry),
          testersOf(entry),
        );
      case 'ingress-nginx':
        return lazily(
          async () => (await import('./kubernetes/ingress-nginx.ts')).createIngressNginxRouter(entry, balancer),
          testersOf(entry),
        );
      case 'kubernetes-service':
        return lazily(async () => (await import('./kubernetes/service.ts')).createServiceRouter(entry), NO_TESTERS);
    }
  };
}

const NO_TESTERS = { testers: false };
const testersOf = ({ testers }: { readonly testers?: unknown }) => ({ testers: testers !== undefined });
