import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { SideName } from '../../../domain/names.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { sameTargets } from '../dns/names.ts';

type Entry = EntryVia<'route53'>;
type Sets = readonly ResourceRecordSet[];

/** The two weighted record sets that Crossfade moves the traffic with. */
export const IDENTIFIERS = { x: 'crossfade-x', y: 'crossfade-y' } as const;

/** What clients follow to an address; others (MX, TXT, CAA) may have whatever they have. */
const LEADS_SOMEWHERE = ['A', 'AAAA', 'CNAME', 'HTTPS', 'SVCB'];

export const isOurs = ({ SetIdentifier }: ResourceRecordSet): boolean =>
  SetIdentifier === IDENTIFIERS.x || SetIdentifier === IDENTIFIERS.y;

export const targetsOf = ({ ResourceRecords = [] }: ResourceRecordSet): string[] =>
  ResourceRecords.map(({ Value = '' }) => Value);

/**
 * Percent of the answers that stand for Y, by what is really there: whatever somebody changed under the name, the number differs from
 * the one that was set. Answers for neither side are not Y's; and with nothing set on Y, they are not X's.
 */
export function weightOf({ type, x, y }: Pick<Entry, 'type' | 'x' | 'y'>, sets: Sets, wasSet: number): number {
  const all = sets.filter((set) => set.Type === type);
  // A record set without a weight is the only one. With 0 for all, Route 53 gives each the same share.
  const counts = all.map(({ Weight = 1 }) => Weight);
  const weights = counts.every((count) => count === 0) ? counts.map(() => 1) : counts;
  const share = (targets: readonly string[]) =>
    all.reduce((sum, set, at) => sum + (standsFor(set, targets) ? (weights[at] ?? 0) : 0), 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return 0;
  const onY = wasSet === 0 ? total - share(x) : share(y);
  return Math.round((10_000 * onY) / total) / 100;
}

/** Those that are neither Crossfade's nor in the way of it becoming so. */
export const strangersIn = ({ type }: Pick<Entry, 'type'>, sets: Sets): Sets =>
  sets.filter((set) => set.Type === type && set.SetIdentifier !== undefined && !isOurs(set));

/** Those of another type that lead clients elsewhere; beside a CNAME nothing can stand at all. */
export const othersIn = ({ type }: Pick<Entry, 'type'>, sets: Sets): Sets =>
  sets.filter(
    (set) => set.Type !== type && !isOurs(set) && (type === 'CNAME' || LEADS_SOMEWHERE.includes(set.Type ?? '')),
  );

/** Why shares can't be made with what is there under the name; in words. */
export function faultsOf(entry: Pick<Entry, 'type' | 'x' | 'y'>, sets: Sets): string[] {
  const same = sets.filter((set) => set.Type === entry.type);
  const others = othersIn(entry, sets);
  const why = entry.type === 'CNAME' ? 'and a CNAME stands alone' : 'whose answers nobody would move';
  if (same.length === 0 && others.length === 0) return ['there is no record of this name'];
  return [
    ...others.map(({ Type }) => `there is a record set of type ${Type} too, ${why}`),
    ...strangersIn(entry, sets).map((set) => `there is a record set "${set.SetIdentifier}" too, which takes its share`),
    ...(['x', 'y'] as const).flatMap((side) => {
      const set = same.find(({ SetIdentifier }) => SetIdentifier === IDENTIFIERS[side]);
      if (set === undefined) return [`there is no weighted record set "${IDENTIFIERS[side]}"`];
      return faultOf(entry, side, set);
    }),
  ];
}

function faultOf(entry: Pick<Entry, 'x' | 'y'>, side: SideName, set: ResourceRecordSet): string[] {
  const name = `"${IDENTIFIERS[side]}"`;
  if (set.Weight === undefined) return [`${name} is not weighted`];
  if (set.AliasTarget !== undefined) return [`${name} is an alias (of ${set.AliasTarget.DNSName})`];
  if (set.HealthCheckId !== undefined) return [`${name} has a health check, which could take its share away`];
  const [there, wanted] = [targetsOf(set), entry[side]];
  return sameTargets(there, wanted)
    ? []
    : [`${name} stands for ${there.join(', ')}, and the plan has ${wanted.join(', ')}`];
}

const standsFor = (set: ResourceRecordSet, targets: readonly string[]): boolean =>
  set.AliasTarget === undefined && set.HealthCheckId === undefined && sameTargets(targetsOf(set), targets);
