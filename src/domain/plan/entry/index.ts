import type { z } from 'zod';
import { commandEntry } from './command.ts';
import { powerdns, rfc2136, route53 } from './dns.ts';
import { haproxy } from './haproxy.ts';
import { gatewayApi, ingressNginx, kubernetesService } from './kubernetes.ts';
import { nginx } from './nginx.ts';

/** Every kind of balancer that traffic can come in through, by `via`. */
export const ENTRIES = [
  nginx,
  haproxy,
  route53,
  powerdns,
  rfc2136,
  gatewayApi,
  ingressNginx,
  kubernetesService,
  commandEntry,
] as const;

export type Entry = z.output<(typeof ENTRIES)[number]>;
export type Via = Entry['via'];
export type EntryVia<V extends Via> = Extract<Entry, { via: V }>;
