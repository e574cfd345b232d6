import type { Finding } from '../findings.ts';
import { parseVersion } from '../version.ts';
import { pass, refuse } from './finding.ts';

export interface PluginFacts {
  readonly name: string;
  readonly enabled: boolean;
  /** For every service, route and consumer. */
  readonly global: boolean;
  readonly config: Readonly<Record<string, unknown>>;
}

const NEEDED = ['status_code_metrics', 'latency_metrics'];

const TURN_ON =
  'Before the freeze, turn it on for all of Kong: POST /plugins with {"name": "prometheus", "config": {"status_code_metrics": true, "latency_metrics": true}} (PATCH, if it is there already).';

/** X counts what the verdict needs: during the freeze it can't be turned on any more. */
export function metricsOn(version: string, plugins: readonly PluginFacts[], unreadable: readonly string[]): Finding {
  const rule = 'metrics';
  if ((parseVersion(version)?.major ?? 0) < 3)
    return refuse(
      rule,
      `X is Kong ${version}, whose metrics have other names than those that the verdict reads.`,
      'Upgrade X to 3.x in another way first.',
    );
  if (unreadable.length > 0)
    return refuse(
      rule,
      `Metrics can't be read: ${unreadable.join('; ')}.`,
      "Make /metrics of the Status API reachable (status_listen) and correct the nodes' status addresses.",
    );
  const found = plugins.filter(({ name, enabled, global }) => name === 'prometheus' && enabled && global)[0];
  if (found === undefined) return refuse(rule, 'The plugin prometheus is not on for all of Kong.', TURN_ON);
  const off = NEEDED.filter((name) => found.config[name] !== true);
  return off.length === 0
    ? pass(rule, 'The plugin prometheus counts answers and latencies.')
    : refuse(rule, `The plugin prometheus is on, without ${off.join(' and ')}.`, TURN_ON);
}
