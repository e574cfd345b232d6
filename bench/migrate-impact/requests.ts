import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { PATH } from '../../sandbox/demo/configure.ts';
import { keyOf } from './stand.ts';

/** One request. Milliseconds; `at` is when it was due, by `performance.now()`. */
export interface Answer {
  readonly at: number;
  readonly ms: number;
  readonly ok: boolean;
}

export interface Requests {
  /** Sends no more, and waits for the last answers. The same again is fine. */
  stop(): Promise<Answer[]>;
}

/** Longer than a node waits for its database (5 s). */
const PATIENCE = 30_000;

/**
 * Sends so many requests a second, one node after the other, at a steady pace whether or not earlier ones were answered, each with a key
 * that no node has seen: the node has to ask the database who that is. The time counts from when the request was due.
 */
export function sendRequests(proxies: readonly string[], perSecond: number): Requests {
  const agent = new Agent({ connections: 2_000, headersTimeout: PATIENCE, bodyTimeout: PATIENCE });
  const start = performance.now();
  const answers: Promise<Answer>[] = [];
  let ended = false;

  async function send(n: number, at: number): Promise<Answer> {
    const proxy = proxies[n % proxies.length] ?? '';
    try {
      const { statusCode, body } = await request(proxy + PATH, { dispatcher: agent, headers: { apikey: keyOf(n) } });
      await body.dump();
      return { at, ms: performance.now() - at, ok: statusCode === 200 };
    } catch {
      return { at, ms: performance.now() - at, ok: false };
    }
  }

  const sending = (async () => {
    while (!ended) {
      const due = Math.floor(((performance.now() - start) * perSecond) / 1_000);
      for (let n = answers.length; n < due; n += 1) answers.push(send(n + 1, start + (n * 1_000) / perSecond));
      await sleep(2);
    }
  })();

  const stop = async (): Promise<Answer[]> => {
    ended = true;
    await sending;
    const all = await Promise.all(answers);
    await agent.close();
    return all;
  };
  let stopped: Promise<Answer[]> | undefined;
  return { stop: () => (stopped ??= stop()) };
}
