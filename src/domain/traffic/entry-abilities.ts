import type { Entry } from '../plan/index.ts';
import { ABILITIES, PROTOCOLS, type Protocol, type Split } from './abilities.ts';

// What one entry point of a plan is able to do: that of its kind, as far as the plan has what it takes.

/** One node can be taken out of it. */
export const canTakeNodesOut = (entry: Entry): boolean =>
  ABILITIES[entry.via].nodeOut && (entry.via !== 'command' || (entry.out !== undefined && entry.in !== undefined));

/** The header or host name by which testers reach Y. */
export const testersOf = (entry: Entry) => ('testers' in entry ? entry.testers : undefined);

/** How it splits a protocol. */
export function splitOf(entry: Entry, protocol: Protocol): Split {
  const split = ABILITIES[entry.via].splits[protocol];
  switch (entry.via) {
    case 'nginx':
      if (protocol === 'grpc' && entry.grpcPort === undefined) return 'no';
      return entry.sticky !== undefined && split !== 'no' ? 'clients' : split;
    case 'gateway-api': {
      const kinds = entry.routes.map(({ kind }) => kind);
      if (protocol === 'tcp' || protocol === 'tls-passthrough') return kinds.includes('TCPRoute') ? split : 'no';
      // A rule for HTTP carries gRPC as well, where the controller speaks HTTP/2 to Kong.
      if (protocol === 'grpc') return kinds.some((kind) => kind !== 'TCPRoute') ? split : 'no';
      return kinds.includes('HTTPRoute') ? split : 'no';
    }
    default:
      return split;
  }
}

/** The protocols that it splits in some way, and those that it does not. */
export function protocolsOf(entry: Entry): { readonly split: readonly Protocol[]; readonly not: readonly Protocol[] } {
  const not = PROTOCOLS.filter((protocol) => splitOf(entry, protocol) === 'no');
  return { split: PROTOCOLS.filter((protocol) => !not.includes(protocol)), not };
}
