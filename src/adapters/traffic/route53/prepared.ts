import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { longTtl } from '../dns/check-entry.ts';
import { sameTargets } from '../dns/names.ts';
import { zoneId } from './api.ts';
import { preparation } from './changes.ts';
import { faultsOf, othersIn, strangersIn, targetsOf } from './pair.ts';
import type { Found } from './read.ts';

type Entry = EntryVia<'route53'>;

export const placeOf = (entry: Entry): string => `${entry.record} (${entry.type}) in hosted zone ${zoneId(entry)}`;

/** Error `BalancerNotPrepared`: shares can't be made with what is there. It has the command that makes it ready, where there is one. */
export function checkPair(entry: Entry, found: Found): void {
  const faults = faultsOf(entry, found.sets);
  if (faults.length === 0) return;
  const others = [...strangersIn(entry, found.sets), ...othersIn(entry, found.sets)].length > 0;
  const batch = JSON.stringify({ Changes: preparation(entry, found) });
  const how = others
    ? ''
    : ` This makes it ready, with everything on X: aws route53 change-resource-record-sets --hosted-zone-id ${zoneId(entry)} --change-batch '${batch}'`;
  throw new CrossfadeError('BalancerNotPrepared', `${placeOf(entry)} is not prepared: ${faults.join('; ')}.${how}`);
}

/** Error `BalancerNotPrepared`: the name of testers is somebody else's. */
export function checkTesters(entry: Entry, { testers, mark }: Found): void {
  const [set, ...more] = testers;
  if (entry.testers === undefined || set === undefined) return;
  const ours = mark?.testers === true && more.length === 0 && set.Type === entry.type;
  if (ours && sameTargets(targetsOf(set), entry.y)) return;
  throw new CrossfadeError(
    'BalancerNotPrepared',
    `The name for testers, ${entry.testers.host}, has records that are not Crossfade's (${testers.map(({ Type }) => Type).join(', ')}). It takes a name that nothing else uses: Crossfade makes it and removes it.`,
  );
}

/** Error `BalancerNotPrepared`: a name of the plan is not in the zone. */
export function checkNames({ record, testers }: Entry, zone: string): void {
  for (const name of [record, ...(testers === undefined ? [] : [testers.host.toLowerCase()])])
    if (!`.${name}`.endsWith(`.${zone}`))
      throw new CrossfadeError(
        'BalancerNotPrepared',
        `${name} is not in the zone ${zone}, which the plan names for it.`,
      );
}

/** What the plan may not have thought of. */
export const lacksOf = (entry: Entry, { sets }: Found): string[] =>
  longTtl(Math.max(0, ...sets.filter((set) => set.Type === entry.type).map(({ TTL = 0 }) => TTL)), entry);
