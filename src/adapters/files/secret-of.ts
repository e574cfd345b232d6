import { createReadStream } from 'node:fs';
import { secretIn } from '../../domain/file-secrets.ts';

const PART = 256 * 1024;
/** Of a part without the end of a line: what begins in one part is found in the next. */
const OVERLAP = 4 * 1024;

/** Reads the file to its end, a part at a time. */
export async function secretOf(path: string, signal?: AbortSignal): Promise<string | undefined> {
  let rest = '';
  const parts = createReadStream(path, { highWaterMark: PART, ...(signal === undefined ? {} : { signal }) });
  for await (const part of parts) {
    const text = rest + (part as Buffer).toString('latin1');
    const whole = text.lastIndexOf('\n') + 1;
    const end = text.length - whole > OVERLAP ? text.length : whole;
    const found = secretIn(path, text.slice(0, end));
    if (found !== undefined) return found;
    rest = text.slice(end === whole ? end : end - OVERLAP);
  }
  return secretIn(path, rest);
}
