import { sleep } from '@temporalio/activity';
import type { ClusterRunner } from '../adapters/cluster/port.ts';
import type { KongHttp } from '../adapters/kong/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { formatDuration } from '../domain/duration.ts';
import { lastLines } from '../domain/last-lines.ts';
import type { KongNode, Side } from '../domain/plan/index.ts';
import { identify } from './node-state.ts';
import { poll } from './poll.ts';

export interface BringUp {
  readonly http: KongHttp;
  readonly runner: ClusterRunner;
  readonly cluster: Side;
  readonly node: KongNode;
  /** Milliseconds until it must be ready. */
  readonly within: number;
}

/** `kong start` returns when the node listens; one that does not answer this long afterwards has died. */
const ANSWERS_WITHIN = 3_000;
/** A node counts as started when it is still the same and ready after this time. */
const STEADY = 1_000;

/**
 * Starts a node unless it answers already, waits until it is ready, and gives its node id. A node that is still ending its last
 * requests holds its prefix: then it is started when that one is gone. Errors `NodeStartFailed`, `ForeignNode`.
 */
export async function bringUp({ http, runner, cluster, node, within }: BringUp): Promise<string> {
  const deadline = performance.now() + within;
  const left = () => Math.max(0, deadline - performance.now());
  let said = '';

  const fail = async (what: string): Promise<never> => {
    const log = lastLines(await runner.log(node), 2);
    const message = `${node.name} (Kong ${cluster.version}) ${what}${said}${log === '' ? '' : `. Its error log ends${log}`}.`;
    throw new CrossfadeError('NodeStartFailed', message);
  };

  const started = await poll(
    async () => {
      if (await http.answers(node)) return true;
      const result = await runner.start(node);
      said = lastLines(`${result.stdout}\n${result.stderr}`);
      if (result.exitCode === 0) return true;
      return result.stderr.includes('is already running') ? undefined : fail('could not be started');
    },
    { within: left(), every: 500 },
  );
  if (started === undefined) return fail('could not be started in time');

  if (runner.on === 'local') {
    const alive = await poll(async () => (await http.answers(node)) || undefined, { within: ANSWERS_WITHIN });
    if (alive === undefined) return fail('was started and died');
  }
  let reason = '';
  const ready = await poll(
    async () => {
      const state = await http.ready(node);
      if (state.ready) return true;
      reason = state.reason;
      return undefined;
    },
    { within: left() },
  );
  if (ready === undefined) return fail(`was not ready after ${formatDuration(within)} (${reason})`);
  // One that dies of its first work is ready for a moment too, and may be gone before it was asked who it is.
  const died = () => fail('was ready for a moment and died');
  const who = async (): Promise<string> => {
    try {
      return await identify(http, cluster, node);
    } catch (error) {
      return (await http.answers(node)) ? Promise.reject(error as Error) : died();
    }
  };
  const id = await who();
  await sleep(STEADY);
  if (!(await http.ready(node)).ready || (await who()) !== id) return died();
  return id;
}
