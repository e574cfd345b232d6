import type { Via } from '../plan/index.ts';

/** What Kong proxies, as far as a balancer treats it differently. */
export const PROTOCOLS = ['http', 'http2', 'grpc', 'websocket', 'tcp', 'tls-passthrough', 'udp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/**
 * `requests`: each request is split for itself; `connections`: each connection; `clients`: each client; `no`: not at all; `program`: only the
 * user's own program knows.
 */
export type Split = 'requests' | 'connections' | 'clients' | 'no' | 'program';

/** What a kind of balancer is able to do. `plan` and the documents tell it. */
export interface Abilities {
  /** `any` weight; what the `addresses` of both sides make possible; or 0 and 100 only. */
  readonly weights: 'any' | 'addresses' | 'all-or-nothing';
  /** One node can be taken out of it. */
  readonly nodeOut: boolean;
  /** Y can be reached by testers before it has any share. */
  readonly testers: boolean;
  /** Clients can stay on their side. */
  readonly sticky: boolean;
  /** Why clients go on by the old weight for a while; absent where they don't. */
  readonly lag?: string;
  /** What is set is in force as soon as it can be read back: nothing else has to take it over first. */
  readonly atOnce: boolean;
  /** Where the epoch of the last change is kept. */
  readonly epochIn: string;
  /** At best. */
  readonly splits: Readonly<Record<Protocol, Split>>;
  /** What it takes for that, where it is more than the kind of balancer. */
  readonly needs?: Readonly<Partial<Record<Protocol, string>>>;
}

const WEB: Abilities['splits'] = {
  http: 'requests',
  http2: 'requests',
  grpc: 'requests',
  websocket: 'connections',
  tcp: 'no',
  'tls-passthrough': 'no',
  udp: 'no',
};
const all = (split: Split): Abilities['splits'] => ({
  http: split,
  http2: split,
  grpc: split,
  websocket: split,
  tcp: split,
  'tls-passthrough': split,
  udp: split,
});
const DNS = {
  nodeOut: false,
  testers: true,
  sticky: false,
  atOnce: false,
  lag: 'resolvers and clients keep an answer for its TTL, and some for longer; open connections stay where they are',
  splits: all('clients'),
} as const;

export const ABILITIES: Readonly<Record<Via, Abilities>> = {
  nginx: {
    weights: 'any',
    nodeOut: true,
    testers: true,
    sticky: true,
    atOnce: true,
    epochIn: 'a file beside the markers',
    splits: WEB,
    needs: { grpc: '`grpcPort`' },
  },
  haproxy: {
    weights: 'any',
    nodeOut: true,
    testers: false,
    sticky: false,
    atOnce: true,
    epochIn: 'a file beside the state file',
    splits: { ...WEB, tcp: 'connections', 'tls-passthrough': 'connections' },
    needs: { tcp: 'a backend in `mode tcp`', 'tls-passthrough': 'a backend in `mode tcp`' },
  },
  route53: { ...DNS, weights: 'any', epochIn: 'a TXT record' },
  powerdns: { ...DNS, weights: 'any', epochIn: 'a TXT record' },
  rfc2136: { ...DNS, weights: 'addresses', epochIn: 'a TXT record' },
  'gateway-api': {
    weights: 'any',
    nodeOut: false,
    testers: true,
    sticky: false,
    atOnce: false,
    epochIn: 'annotations of the routes',
    splits: { ...WEB, tcp: 'connections', 'tls-passthrough': 'connections' },
    needs: { tcp: 'a `TCPRoute`', 'tls-passthrough': 'a `TCPRoute`' },
  },
  'ingress-nginx': {
    weights: 'any',
    nodeOut: false,
    testers: true,
    sticky: false,
    atOnce: false,
    epochIn: 'annotations of the Ingress',
    splits: WEB,
  },
  'kubernetes-service': {
    weights: 'all-or-nothing',
    nodeOut: false,
    testers: false,
    sticky: false,
    lag: 'open connections stay where they are',
    atOnce: false,
    epochIn: 'annotations of the Service',
    splits: all('connections'),
  },
  command: {
    weights: 'any',
    nodeOut: true,
    testers: false,
    sticky: false,
    atOnce: false,
    epochIn: 'the program itself',
    splits: all('program'),
  },
};
