import { isIPv4, isIPv6 } from 'node:net';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import { plainName, plainTarget, type DnsEntry } from './names.ts';

const NAME = /^[\w*][\w.-]*$/;

/** What is written into a zone has the right form, so that nothing of it means something else there. Error `PlanInvalid`. */
export function checkEntry(entry: Pick<DnsEntry, 'zone' | 'record' | 'type' | 'x' | 'y' | 'testers'>): void {
  const { zone, record, type, x, y, testers } = entry;
  const wrong = (what: string) =>
    new CrossfadeError('PlanInvalid', `The DNS entry of the plan can't be used: ${what}.`);
  for (const name of [zone, record, ...(testers === undefined ? [] : [testers.host])])
    if (!NAME.test(name)) throw wrong(`${JSON.stringify(name)} is no name`);
  for (const name of [record, ...(testers === undefined ? [] : [testers.host])])
    if (!inZone(name, zone)) throw wrong(`${name} is not in the zone ${zone}`);
  if (testers !== undefined && plainName(testers.host) === plainName(record))
    throw wrong(`the testers' name is ${record} itself`);
  const right = { A: isIPv4, AAAA: isIPv6, CNAME: (text: string) => NAME.test(text) }[type];
  const kind = { A: 'IPv4 address', AAAA: 'IPv6 address', CNAME: 'name' }[type];
  for (const target of [...x, ...y]) if (!right(target)) throw wrong(`${JSON.stringify(target)} is no ${kind}`);
  if (type === 'CNAME' && (x.length > 1 || y.length > 1)) throw wrong('a CNAME stands for one name only');
  const all = [...x, ...y].map(plainTarget);
  const twice = all.find((target, position) => all.indexOf(target) !== position);
  if (twice !== undefined) throw wrong(`${twice} is in it twice`);
}

function inZone(name: string, zone: string): boolean {
  const [inner, outer] = [plainName(name), plainName(zone)];
  return inner === outer || inner.endsWith(`.${outer}`);
}

/** What the plan may not have thought of: answers from before the first change are kept for longer than those after it. */
export function longTtl(seconds: number, { ttl }: Pick<DnsEntry, 'ttl'>): string[] {
  if (seconds <= ttl) return [];
  return [
    `its TTL is ${seconds} s now, and ${ttl} s from the first change on: lower it ${seconds} s before the upgrade, or let \`traffic.settle\` be longer than that; else the first step is undone, as it can't arrive in time.`,
  ];
}

/** The other kind of addresses of a name is none of this entry's; clients that have both may never come to it. */
export function otherFamily({ type }: Pick<DnsEntry, 'type'>, types: readonly string[]): string[] {
  const other = { A: 'AAAA', AAAA: 'A', CNAME: undefined }[type];
  if (other === undefined || !types.includes(other)) return [];
  return [
    `the name has ${other} records too: clients that take these stay, unless another entry of the plan moves them.`,
  ];
}
