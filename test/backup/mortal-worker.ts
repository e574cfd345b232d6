// A worker with one activity that stops for ever in the middle of an object and waits to be killed. Its only argument is an
// `Errand`; it prints what it reports meanwhile, one JSON value a line, and `"stopped"` when it has come so far.
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createBackupActivities } from '../../src/activities/backup/index.ts';
import { depsOn, store } from './fixture.ts';
import { stopping, type Stop } from './stopping.ts';

export interface Errand {
  readonly activity: keyof ReturnType<typeof createBackupActivities>;
  readonly input: unknown;
  readonly stop: Stop;
}

if (import.meta.main) {
  const { activity, input, stop } = JSON.parse(process.argv[2] ?? '') as Errand;
  const say = (what: unknown): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
  const stopped = stopping(store, stop, () => {
    say('stopped');
    return new Promise<never>(() => undefined);
  });
  const activities = createBackupActivities(depsOn(stopped));
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  environment.on('heartbeat', say);
  // Without it, Node would end as soon as nothing but a promise is waited for.
  setInterval(() => undefined, 1_000);
  await environment.run(activities[activity] as (input: unknown) => Promise<unknown>, input);
  say('done');
  process.exit();
}
