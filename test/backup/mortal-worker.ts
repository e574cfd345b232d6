// A worker with one activity, which stops for ever in the middle of an object and waits to be killed, or comes to its end. Its only
// argument is an `Errand`; it prints what it reports meanwhile, one JSON value a line, then `"stopped"` or an `Outcome`.
import { readFileSync } from 'node:fs';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createBackupActivities } from '../../src/activities/backup/index.ts';
import { activityInterceptor } from '../../src/interceptors/activity.ts';
import { depsOn, secrets, store } from './fixture.ts';
import { stopping, type Stop } from './stopping.ts';

export interface Errand {
  readonly activity: keyof ReturnType<typeof createBackupActivities>;
  readonly input: unknown;
  readonly stop?: Stop;
}

export interface Outcome {
  readonly result: unknown;
  /** Bytes of memory by which the process grew at most while it was at work. */
  readonly grown: number;
}

/** Bytes, by the kernel's own account of this process: `VmRSS` now, `VmHWM` at most so far. */
function memory(what: 'VmRSS' | 'VmHWM'): number {
  const [, kB] = new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kB) * 1_024;
}

if (import.meta.main) {
  const { activity, input, stop } = JSON.parse(process.argv[2] ?? '') as Errand;
  const say = (what: unknown): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
  const here =
    stop === undefined
      ? store
      : stopping(store, stop, () => {
          say('stopped');
          return new Promise<never>(() => undefined);
        });
  const activities = createBackupActivities(depsOn(here));
  const work = activities[activity] as (input: unknown) => Promise<unknown>;
  const environment = new MockActivityEnvironment(
    { heartbeatTimeoutMs: 3_000 },
    { logger: new DefaultLogger('ERROR') },
  );
  const { execute } = activityInterceptor(secrets);
  environment.on('heartbeat', say);
  // Without it, Node would end as soon as nothing but a promise is waited for.
  setInterval(() => undefined, 1_000);
  const before = memory('VmRSS');
  const result = await environment.run(async () => execute?.({ args: [input], headers: {} }, () => work(input)));
  say({ result, grown: memory('VmHWM') - before } satisfies Outcome);
  process.exit();
}
