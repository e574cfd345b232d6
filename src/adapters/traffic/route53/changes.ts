import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { markText, type Mark } from '../dns/mark.ts';
import { absoluteName, markName, NEVER_THERE } from '../dns/names.ts';
import { IDENTIFIERS, isOurs } from './pair.ts';
import type { Found } from './read.ts';

type Entry = EntryVia<'route53'>;

/**
 * One batch is done as a whole or not at all. It deletes exactly what was read and makes the new, so that it does nothing when somebody
 * was faster. What is deleted comes first: Route 53 checks one after the other, and wants one TTL for all of a name.
 */
export const weightChanges = (entry: Entry, found: Found, mark: Mark): Change[] => [
  ...remove(found.sets.filter((set) => set.Type === entry.type && (isOurs(set) || set.SetIdentifier === undefined))),
  ...remove(found.marks),
  ...create([...pair(entry, mark.weight), marked(entry, mark)]),
];

/** The same for the name of testers, which stands for Y as long as it is there. */
export function testersChanges(entry: Entry, found: Found, mark: Mark): Change[] {
  const open = mark.testers && entry.testers !== undefined ? [plainSet(entry, entry.testers.host, entry.y)] : [];
  return [...remove([...found.testers, ...found.marks]), ...create([...open, marked(entry, mark)])];
}

/** What makes of the records that are there a pair that is ready: X has everything. */
export const preparation = (entry: Entry, found: Found): Change[] => [
  ...remove(found.sets.filter((set) => set.Type === entry.type)),
  ...create(pair(entry, 0)),
];

/** Changes nothing, as none of it is there: whoever may not change one of the names hears so, and everybody else that it is not there. */
export const harmlessChange = (entry: Entry): Change[] =>
  remove([
    markSet(entry, 'may I?'),
    ...[entry.record, ...(entry.testers === undefined ? [] : [entry.testers.host])].map((name) =>
      plainSet(entry, name, [NEVER_THERE[entry.type]]),
    ),
  ]);

const remove = (sets: readonly ResourceRecordSet[]): Change[] =>
  sets.map((ResourceRecordSet) => ({ Action: 'DELETE', ResourceRecordSet }));

const create = (sets: readonly ResourceRecordSet[]): Change[] =>
  sets.map((ResourceRecordSet) => ({ Action: 'CREATE', ResourceRecordSet }));

const pair = (entry: Entry, weight: number): ResourceRecordSet[] =>
  (['x', 'y'] as const).map((side) => ({
    ...{ Name: absoluteName(entry.record), Type: entry.type, SetIdentifier: IDENTIFIERS[side] },
    ...{ Weight: side === 'y' ? weight : 100 - weight, TTL: entry.ttl, ResourceRecords: values(entry[side]) },
  }));

const plainSet = ({ type, ttl }: Entry, name: string, targets: readonly string[]): ResourceRecordSet => ({
  ...{ Name: absoluteName(name), Type: type, TTL: ttl, ResourceRecords: values(targets) },
});

const marked = (entry: Entry, mark: Mark): ResourceRecordSet => markSet(entry, markText(mark));

const markSet = (entry: Entry, text: string): ResourceRecordSet => ({
  ...{ Name: absoluteName(markName(entry)), Type: 'TXT', TTL: entry.ttl, ResourceRecords: values([`"${text}"`]) },
});

const values = (texts: readonly string[]) => texts.map((Value) => ({ Value }));
