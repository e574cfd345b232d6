import type { ObjectStore } from '../../src/adapters/object-store/port.ts';

/** In the middle of an object, on its way to S3 or back. */
export interface Stop {
  readonly at: 'put' | 'get';
  /** Part of its key. */
  readonly key: string;
  /** So many bytes have passed; `end`: all of them, but the end has not been told. */
  readonly after: number | 'end';
}

/** A store that does something else in the middle of one object, once. */
export function stopping(store: ObjectStore, { at, key: part, after }: Stop, then: () => unknown): ObjectStore {
  let due = true;
  async function* watched(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    const stop = async (): Promise<void> => {
      if (!due) return;
      due = false;
      await then();
    };
    for await (const chunk of body) {
      if (after !== 'end' && bytes >= after) await stop();
      yield chunk;
      bytes += chunk.length;
    }
    if (after === 'end') await stop();
  }
  return {
    ...store,
    put: (s3, key, body, options) =>
      store.put(s3, key, at === 'put' && key.includes(part) ? watched(body) : body, options),
    get: async (s3, key, signal) => {
      const body = await store.get(s3, key, signal);
      return at === 'get' && key.includes(part) ? watched(body) : body;
    },
  };
}
