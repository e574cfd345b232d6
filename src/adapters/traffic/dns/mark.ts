import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { TrafficState } from '../../../domain/traffic/state.ts';

/** What the last change leaves in a TXT record beside the name. */
export interface Mark {
  readonly epoch: number;
  /** Workflow run id of the upgrade. */
  readonly by: string;
  /** Percent on Y. */
  readonly weight: number;
  readonly testers: boolean;
  /** When it was made, in seconds since 1970. */
  readonly at: number;
  /** For so many seconds from then resolvers may rightly give answers from before it. */
  readonly old: number;
}

/** One string of a TXT record. It has nothing in it that would have to be escaped in a zone. */
export const markText = ({ epoch, by, weight, testers, at, old }: Mark): string =>
  `crossfade1 epoch=${epoch} weight=${weight} testers=${testers ? 'open' : 'closed'} at=${at} old=${old} by=${by}`;

const FORMAT =
  /^crossfade1 epoch=(\d{1,16}) weight=(\d{1,3}) testers=(open|closed) at=(\d{1,12}) old=(\d{1,10}) by=([\w-]{1,64})$/;

/**
 * Reads the strings of the TXT record; none: nothing was ever changed. Anything else than one mark is the error `BalancerNonsense`, since an
 * epoch that can't be read must not pass for an old one.
 *
 * @param name of the record, for people
 */
export function readMark(name: string, strings: readonly string[]): Mark | undefined {
  const [text, ...more] = strings;
  if (text === undefined) return undefined;
  const [, epoch, weight, testers, at, old, by] = more.length > 0 ? [] : (FORMAT.exec(text) ?? []);
  const mark = {
    ...{ epoch: Number(epoch), weight: Number(weight), at: Number(at), old: Number(old) },
    ...{ testers: testers === 'open', by: by ?? '' },
  };
  if (by !== undefined && Number.isSafeInteger(mark.epoch) && mark.weight <= 100) return mark;
  throw new CrossfadeError(
    'BalancerNonsense',
    `The TXT record ${name} is Crossfade's, and has ${JSON.stringify(strings).slice(0, 200)} in it, which Crossfade did not write. Put back what it had, or remove it when no upgrade is on its way.`,
  );
}

/** What was read where a mark belongs. */
export interface ReadMark {
  readonly mark: Mark | undefined;
  /** Why there is none, where something else is in its place. Only a retreat goes on then. */
  readonly unreadable?: CrossfadeError;
}

/** The mark, or what is wrong with it. */
export function tryMark(name: string, strings: readonly string[]): ReadMark {
  try {
    return { mark: readMark(name, strings) };
  } catch (error) {
    if (error instanceof CrossfadeError) return { mark: undefined, unreadable: error };
    throw error;
  }
}

/** The mark of a change that is made now. */
export function nextMark(
  before: Mark | undefined,
  change: Pick<Mark, 'epoch' | 'by' | 'weight' | 'testers'>,
  /** Seconds: of the records before and after it. */
  ttls: readonly number[],
): Mark {
  // Rather a second late than a second early.
  const at = Math.ceil(Date.now() / 1_000);
  // Answers from before the last change may still be around, if that was made a moment ago.
  const left = before === undefined ? 0 : before.at + before.old - at;
  return { ...change, at, old: Math.max(0, left, ...ttls) };
}

/** When the last answer from before the change is over, in milliseconds since 1970. */
export const oldAnswersUntil = (mark: Mark | undefined): number =>
  mark === undefined ? 0 : (mark.at + mark.old) * 1_000;

/** What is in force, and whose it is. */
export function stateFrom(
  mark: Mark | undefined,
  now: { readonly weight: number; readonly testers?: boolean },
): TrafficState {
  return { ...now, out: [], epoch: mark?.epoch ?? 0, ...(mark === undefined ? {} : { by: mark.by }) };
}
