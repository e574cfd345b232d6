import type { KongVersion } from '../schema/versions.ts';
import type { Credentials } from './credentials.ts';
import { correlationId } from './plugins/correlation-id.ts';
import type { Counters } from './plugins/counters.ts';
import { keyAuth } from './plugins/key-auth.ts';
import { rateLimiting } from './plugins/rate-limiting.ts';
import { redirect, requestTermination } from './plugins/simple.ts';
import type { PluginFactory } from './snapshot.ts';

/** What plugins share on a node. */
export interface PluginTools {
  readonly version: KongVersion;
  readonly credentials: Credentials;
  readonly local: Counters;
  readonly cluster: Counters;
}

/** Makes plugins that do something; the others are configuration only. */
export function pluginFactory({ version, credentials, local, cluster }: PluginTools): PluginFactory {
  return (name, priority, config) => {
    switch (name) {
      case 'key-auth':
        return keyAuth(version, priority, config, credentials);
      case 'rate-limiting':
        return rateLimiting(version, priority, config, config['policy'] === 'cluster' ? cluster : local);
      case 'correlation-id':
        return correlationId(priority, config);
      case 'redirect':
        return redirect(priority, config);
      case 'request-termination':
        return requestTermination(priority, config);
      default:
        return undefined;
    }
  };
}
