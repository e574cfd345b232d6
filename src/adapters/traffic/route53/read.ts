import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { TrafficState } from '../../../domain/traffic/state.ts';
import { stateFrom, tryMark, type ReadMark } from '../dns/mark.ts';
import { markName, plainName } from '../dns/names.ts';
import type { ZoneApi } from './api.ts';
import { targetsOf, weightOf } from './pair.ts';

/** Everything in the zone that belongs to an entry point. */
export interface Found extends ReadMark {
  /** Under the name that clients resolve, of whatever type. */
  readonly sets: readonly ResourceRecordSet[];
  /** The TXT record with the mark; one or none. */
  readonly marks: readonly ResourceRecordSet[];
  /** Under the name of testers, of whatever type. */
  readonly testers: readonly ResourceRecordSet[];
}

/** The mark first: a change that comes in between then makes the next one fail, and never passes for an older state. */
export async function readZone(api: ZoneApi, entry: EntryVia<'route53'>): Promise<Found> {
  const name = markName(entry);
  const marks = (await api.recordSets(name)).filter(({ Type }) => Type === 'TXT');
  const texts = marks.flatMap(targetsOf).map((text) => text.replace(/^"(.*)"$/, '$1'));
  const sets = await api.recordSets(entry.record);
  const testers = entry.testers === undefined ? [] : await api.recordSets(plainName(entry.testers.host));
  return { sets, marks, ...tryMark(name, texts), testers };
}

/** What is in force, by the records themselves, and whose it is, by the mark. */
export function stateOf(entry: EntryVia<'route53'>, found: Found): TrafficState {
  if (found.unreadable !== undefined) throw found.unreadable;
  return stateInSpite(entry, found);
}

/** The same where a mark that can't be read is no hindrance: for a retreat. */
export const stateInSpite = (entry: EntryVia<'route53'>, { sets, mark, testers }: Found): TrafficState =>
  stateFrom(mark, {
    weight: weightOf(entry, sets, mark?.weight ?? 0),
    ...(entry.testers === undefined ? {} : { testers: mark?.testers === true && testers.length > 0 }),
  });
