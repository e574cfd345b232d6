import { isIPv6 } from 'node:net';
import type { EntryVia } from '../../../domain/plan/index.ts';

/** An entry point of DNS, of whatever kind. */
export type DnsEntry = EntryVia<'route53' | 'powerdns' | 'rfc2136'>;

/**
 * The name of the TXT record that keeps whose change the last one was. Under the name itself nothing may stand beside a CNAME. A name that has
 * both kinds of addresses has two entry points in the plan, and a mark for each.
 */
export const markName = ({ record, type }: Pick<DnsEntry, 'record' | 'type'>): string =>
  `_crossfade${type === 'AAAA' ? '-aaaa' : ''}.${record}`;

/** Of each type a value that no record has: to ask that it be removed only shows whether one may. */
export const NEVER_THERE = { A: '192.0.2.254', AAAA: '2001:db8::fffe', CNAME: 'crossfade-check.invalid.' };

/** As zones have it: with the dot at its end. */
export const absoluteName = (name: string): string => (name.endsWith('.') ? name : `${name}.`);

/** As plans have it: small letters, no dot at its end. */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** One spelling for each address or name that a record can stand for, so that they can be compared. */
export function plainTarget(text: string): string {
  if (!isIPv6(text)) return plainName(text);
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/** Whether two lists have the same addresses, in whatever order and spelling. */
export function sameTargets(some: readonly string[], others: readonly string[]): boolean {
  const [one, other] = [new Set(some.map(plainTarget)), new Set(others.map(plainTarget))];
  return one.size === other.size && [...one].every((target) => other.has(target));
}
