import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import type { ObjectStore } from '../adapters/object-store/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { S3Ref } from '../domain/plan/index.ts';
import { addSamples, type Sample } from '../domain/verdict/index.ts';

/** What a crash of the worker may lose, in milliseconds of samples. */
const EVERY = 15_000;
const PATIENCE = 10_000;

/** The samples of one watch as JSON lines in S3. Written beside the watch, which never waits for it and never fails by it. */
export interface SampleLog {
  add(sample: Sample): void;
  /** Stores what is not stored yet, within so many milliseconds. The key, or `undefined` when S3 did not take all of it. */
  close(within: number): Promise<string | undefined>;
}

export interface SampleLogTarget {
  readonly store: Pick<ObjectStore, 'get' | 'put'>;
  readonly s3: S3Ref;
  /** Without `.jsonl`. */
  readonly key: string;
}

export function createSampleLog({ store, s3, key }: SampleLogTarget): SampleLog {
  let samples: readonly Sample[] = [];
  let added: Sample[] = [];
  let file = `${key}.jsonl`;
  let loaded = false;
  let busy: Promise<boolean> | undefined;
  let next = 0;

  /** A watch goes on in the file of the attempt, or of the watch of the same name, before it. */
  async function loadEarlier(): Promise<void> {
    try {
      samples = parseLines(await readAll(await store.get(s3, file, AbortSignal.timeout(PATIENCE))));
    } catch (error) {
      // What is there and can't be read must not be overwritten.
      if (!(error instanceof CrossfadeError) || error.code !== 'ObjectMissing')
        file = `${key}-${new Date().toISOString().replace(/[:.]/g, '-')}.jsonl`;
    }
    loaded = true;
  }

  async function write(): Promise<boolean> {
    const taken = added;
    added = [];
    try {
      if (!loaded) await loadEarlier();
      const all = addSamples(samples, taken);
      const text = all.map((one) => `${JSON.stringify(one)}\n`).join('');
      // Not locked: it is written anew every few seconds.
      const options = { contentType: 'application/jsonl', signal: AbortSignal.timeout(PATIENCE), lockMs: 0 };
      await store.put(s3, file, chunks(text), options);
      samples = all;
      return true;
    } catch (error) {
      added = [...addSamples(taken, added)];
      log.warn('The samples of the watch were not stored', { key: file, error: String(error) });
      return false;
    }
  }

  async function flush(): Promise<boolean> {
    busy = write();
    const done = await busy;
    busy = undefined;
    return done;
  }

  async function finish(): Promise<string | undefined> {
    await busy;
    const complete = added.length === 0 ? loaded : await flush();
    return complete ? file : undefined;
  }

  return {
    add(sample) {
      added = [...addSamples(added, [sample])];
      const now = performance.now();
      if (busy !== undefined || now < next) return;
      next = now + EVERY;
      void flush();
    },
    async close(within) {
      const giveUp = new AbortController();
      const waiting = sleep(within, undefined, { signal: giveUp.signal, ref: false }).catch(() => undefined);
      const key = await Promise.race([finish(), waiting]);
      giveUp.abort();
      return key;
    },
  };
}

async function* chunks(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text);
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of body) text += decoder.decode(part, { stream: true });
  return text;
}

const parseLines = (text: string): Sample[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Sample);
