import { cancelled } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import { activityInterceptor } from '../../src/interceptors/activity.ts';

const secrets = createSecrets({ A_PASSWORD: 'geheim-geheim' });
secrets.resolve({ env: 'A_PASSWORD' });

function environment() {
  const logged: LogEntry[] = [];
  const logger = new DefaultLogger('WARN', (entry) => logged.push(entry));
  const interceptors = [() => ({ inbound: activityInterceptor(secrets) })];
  return { logged, activity: new MockActivityEnvironment({}, { logger, interceptors }) };
}

const told = (logged: readonly LogEntry[]) =>
  logged.filter(({ message }) => message.includes('after it was cancelled'));

test('what failed by itself after the cancellation is told in the log, without secrets; Temporal sees the cancellation', async () => {
  const { logged, activity } = environment();
  const failing = activity.run(async () => {
    activity.cancel();
    await cancelled().catch(() => undefined);
    throw new CrossfadeError('MigrationFailed', 'kong migrations up failed with geheim-geheim');
  });
  await expect(failing).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(told(logged)).toMatchObject([{ meta: { code: 'MigrationFailed' } }]);
  const text = String(told(logged)[0]?.meta?.['error']);
  expect(text).toContain('kong migrations up failed with');
  expect(text).not.toContain('geheim');
});

test('a cancellation by itself is no news', async () => {
  const { logged, activity } = environment();
  const waiting = activity.run(async () => {
    activity.cancel();
    await cancelled();
  });
  await expect(waiting).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(told(logged)).toEqual([]);
});

test('what was done in spite of the cancellation is told as done', async () => {
  const { activity } = environment();
  const done = activity.run(async () => {
    activity.cancel();
    await cancelled().catch(() => undefined);
    return 'done';
  });
  expect(await done).toBe('done');
});
