import type { ObjectStore } from '../adapters/object-store/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { S3Ref } from '../domain/plan/index.ts';
import type { Report } from '../domain/report/index.ts';
import { upgradeFolder } from '../domain/upgrade.ts';
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
  report: Report,
  onFault: (key: string, fault: string) => void,
): Promise<Sample[]> {
  const found: Sample[] = [];
  for (const key of sampleKeys(s3, report)) {
    try {
      found.push(...parseSamples(await readText(store, s3, key)));
    } catch (error) {
      if (error instanceof CrossfadeError && error.code === 'ObjectMissing') continue;
      onFault(key, error instanceof Error ? error.message : String(error));
      // Where S3 does not answer, the next object would only take as long again.
      break;
    }
  }
  return found.sort((a, b) => a.at.localeCompare(b.at));
}

/**
 * Where samples may be: of the watches that ended with a verdict, and of those that something else ended (an approval, a
 * retreat), which the report does not name.
 */
function sampleKeys(s3: S3Ref, { upgrade, verdicts, gates, weights }: Report): Set<string> {
  const named = verdicts.flatMap(({ samplesKey }) => (samplesKey === undefined ? [] : [samplesKey]));
  const shares = [...new Set(weights.map(({ weight }) => `shift-${weight}`))];
  const others = [
    ...shares,
    ...gates.map(({ gate }) => `gate-${gate}`),
    'rehearsal',
    'finish',
    'hold',
    'paused',
    'watch',
  ];
  const folder = [s3.prefix, upgradeFolder(upgrade), 'samples'].filter((part) => part !== '').join('/');
  return new Set([...named, ...(weights.length === 0 ? [] : others.map((name) => `${folder}/${name}.jsonl`))]);
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
