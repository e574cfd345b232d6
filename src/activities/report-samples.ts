import type { ObjectStore } from '../adapters/object-store/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { S3Ref } from '../domain/plan/index.ts';
import type { Report } from '../domain/report/index.ts';
import type { Sample } from '../domain/verdict/index.ts';

/** How long one object may take, in milliseconds. */
const PATIENCE = 15_000;

/**
 * Samples of all watches, oldest first. What can't be read is told to `onFault` and is missing in the pictures: no reason to have
 * no report.
 */
export async function readSamples(
  store: Pick<ObjectStore, 'get'>,
  s3: S3Ref,
  { verdicts }: Pick<Report, 'verdicts'>,
  onFault: (key: string, fault: string) => void,
): Promise<Sample[]> {
  const keys = new Set(verdicts.flatMap(({ samplesKey }) => (samplesKey === undefined ? [] : [samplesKey])));
  const found: Sample[] = [];
  for (const key of keys) {
    try {
      found.push(...parseSamples(await readText(store, s3, key)));
    } catch (error) {
      onFault(key, error instanceof Error ? error.message : String(error));
      // Where S3 does not answer, the next object would only take as long again.
      if (!(error instanceof CrossfadeError) || error.code !== 'ObjectMissing') break;
    }
  }
  return found.sort((a, b) => a.at.localeCompare(b.at));
}

/** JSON lines; a line that was cut in the middle is left out. */
export function parseSamples(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    try {
      const sample = JSON.parse(line) as Sample;
      return Number.isFinite(Date.parse(sample.at)) ? [sample] : [];
    } catch {
      return [];
    }
  });
}

export async function readText(store: Pick<ObjectStore, 'get'>, s3: S3Ref, key: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of await store.get(s3, key, AbortSignal.timeout(PATIENCE)))
    text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
