import type { Finding } from '../findings.ts';
import type { Entry } from '../plan/index.ts';
import { joined } from '../plan/sentences.ts';
import { plural } from '../plural.ts';
import type { Protocol } from '../traffic/abilities.ts';
import { splitOf } from '../traffic/entry-abilities.ts';
import { pass, warn } from './finding.ts';

export interface RouteFacts {
  readonly id: string;
  readonly name?: string;
  /** As Kong calls them. */
  readonly protocols: readonly string[];
}

/** Kong's protocols, as far as balancers treat them differently. One that nobody knows yet is like HTTP. */
const SAME: Readonly<Record<string, Protocol>> = {
  grpc: 'grpc',
  grpcs: 'grpc',
  ws: 'websocket',
  wss: 'websocket',
  tcp: 'tcp',
  tls: 'tcp',
  tls_passthrough: 'tls-passthrough',
  udp: 'udp',
};

const SHOWN = 3;

/** What X's routes take is split by an entry point of the plan. Routes that are not are named, by the protocols that they need. */
export function protocols(entries: readonly Entry[], routes: readonly RouteFacts[]): Finding[] {
  const rule = 'protocols';
  const byProtocol = new Map<string, RouteFacts[]>();
  for (const route of routes)
    for (const protocol of route.protocols) byProtocol.set(protocol, [...(byProtocol.get(protocol) ?? []), route]);

  const found = [...byProtocol].map(([protocol, its]) => {
    const by = entries.filter((entry) => splitOf(entry, SAME[protocol] ?? 'http') !== 'no');
    return { protocol, its, by };
  });
  const warnings = found
    .filter(({ by }) => by.length === 0)
    .map(({ protocol, its }) =>
      warn(
        rule,
        `${plural(its.length, 'route')} of X ${its.length === 1 ? 'takes' : 'take'} ${protocol}, which no entry point of the plan splits: ${namesOf(its)}.`,
        'What comes in by these is not moved: it goes on reaching X, and is cut off when X is stopped before `finish`. Give the plan an entry point that splits it (docs/traffic.md has the table), or see to these routes yourself.',
      ),
    );
  if (warnings.length > 0) return warnings;
  const partly = found.filter(({ by }) => by.length < entries.length);
  const only = partly.map(({ protocol, by }) => `${protocol} by ${joined(by.map(nameOf))} only`);
  return [
    pass(
      rule,
      `What X's routes take is split${only.length === 0 ? '' : `, ${only.join(', ')}`}: ${summary(byProtocol)}.`,
    ),
  ];
}

const nameOf = ({ name, via }: Entry): string => name ?? via;

function namesOf(routes: readonly RouteFacts[]): string {
  const names = routes.slice(0, SHOWN).map(({ id, name }) => name ?? id);
  return routes.length > SHOWN ? `${names.join(', ')} and ${routes.length - SHOWN} more` : joined(names);
}

const summary = (routes: ReadonlyMap<string, readonly RouteFacts[]>): string =>
  routes.size === 0 ? 'there are no routes' : [...routes.keys()].sort().join(', ');
