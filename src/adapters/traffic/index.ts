import { createCommandRouter } from './command/router.ts';
import { createHaproxyRouter } from './haproxy/router.ts';
import { createGatewayApiRouter } from './kubernetes/gateway-api.ts';
import { createIngressNginxRouter } from './kubernetes/ingress-nginx.ts';
import { createServiceRouter } from './kubernetes/service.ts';
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
        return createGatewayApiRouter(entry);
      case 'ingress-nginx':
        return createIngressNginxRouter(entry, balancer);
      case 'kubernetes-service':
        return createServiceRouter(entry);
    }
  };
}
