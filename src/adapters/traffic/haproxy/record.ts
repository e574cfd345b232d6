import type { EntryVia } from '../../../domain/plan/index.ts';
import { replaceFile } from '../durably.ts';
import { besideStateFile, readIfThere } from './files.ts';

/** Whose a change is. HAProxy itself can't keep this. */
export interface Author {
  readonly epoch: number;
  readonly by?: string;
  /** Names of the nodes taken out, the one that went last at the end. */
  readonly out: readonly string[];
}

/** The change that was made last, and the one that was begun: whether that was made is seen in HAProxy. */
export interface ChangeRecord {
  readonly made: Author;
  readonly begun?: Author & { readonly weight: number };
}

/** When nothing was recorded yet. */
export const BEFORE_THE_FIRST: ChangeRecord = { made: { epoch: 0, out: [] } };

type Place = Pick<EntryVia<'haproxy'>, 'stateFile' | 'backend'>;

/** In the state file, where HAProxy passes over it. */
const remarkOf = (backend: string) => `# crossfade ${backend} `;
const recordFile = ({ stateFile, backend }: Place) => `${stateFile}.crossfade-${backend}`;
/** One for all backends: they may have the state file in common. */
export const lockFile = ({ stateFile }: Place) => `${stateFile}.crossfade.lock`;

/** What is on record. If that file is lost or damaged, the state file knows the last change too: an old worker must not get in. */
export async function readRecord(place: Place): Promise<ChangeRecord> {
  return besideStateFile(place.stateFile, async () => {
    const record = parse(await readIfThere(recordFile(place)));
    if (isAuthor(record?.['made'])) {
      const { begun } = record;
      const hasBegun = isAuthor(begun) && 'weight' in begun && typeof begun.weight === 'number';
      return { made: record['made'], ...(hasBegun ? { begun: begun as ChangeRecord['begun'] & object } : {}) };
    }
    const start = remarkOf(place.backend);
    const remark = (await readIfThere(place.stateFile))?.split('\n').find((line) => line.startsWith(start));
    const made: unknown = parse(remark?.slice(start.length));
    return isAuthor(made) ? { made } : BEFORE_THE_FIRST;
  });
}

/** Error `BalancerUnwritable`. */
export async function writeRecord(place: Place, record: ChangeRecord): Promise<void> {
  await besideStateFile(place.stateFile, () => replaceFile(recordFile(place), `${JSON.stringify(record)}\n`));
}

/**
 * Writes what HAProxy loads at its next start or reload. Lines of other backends stay as they are: the file may be theirs too, and what
 * they had at this moment is not ours to keep. Error `BalancerUnwritable`.
 *
 * @param saved the answer to `show servers state` for the backend
 */
export async function writeStateFile(
  { stateFile, backend }: Place,
  { saved, made }: { saved: string; made: Author },
): Promise<void> {
  const [version = '', columns = '', ...servers] = saved.split('\n');
  await besideStateFile(stateFile, async () => {
    const others = ((await readIfThere(stateFile)) ?? '').split('\n').filter((line) => {
      if (line.startsWith('# crossfade ')) return !line.startsWith(remarkOf(backend));
      const [id = '', name] = line.split(' ');
      return /^\d+$/.test(id) && name !== undefined && name !== backend;
    });
    const lines = [version, columns, `${remarkOf(backend)}${JSON.stringify(made)}`, ...servers, ...others];
    await replaceFile(stateFile, `${lines.join('\n')}\n`);
  });
}

function parse(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isAuthor(value: unknown): value is Author {
  if (typeof value !== 'object' || value === null) return false;
  const { epoch, by, out } = value as Partial<Author>;
  return Number.isSafeInteger(epoch) && (by === undefined || typeof by === 'string') && Array.isArray(out);
}
