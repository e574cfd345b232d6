import { expect, test } from 'vitest';
import { OneAtATime } from '../../src/interceptors/one-at-a-time.ts';

test('an attempt begins when the one before has ended, however that ended; other activities do not wait', async () => {
  const attempts = new OneAtATime();
  const story: string[] = [];
  const first = Promise.withResolvers<string>();
  const one = attempts.run('drill', async () => {
    story.push('first began');
    await first.promise.finally(() => story.push('first cleaned up'));
  });
  const two = attempts.run('drill', () => Promise.resolve(story.push('second')));
  const three = attempts.run('drill', () => Promise.resolve(story.push('third')));
  await attempts.run('other', () => Promise.resolve(story.push('other')));
  expect(story).toEqual(['first began', 'other']);

  first.reject(new Error('cancelled'));
  await expect(one).rejects.toThrow('cancelled');
  await Promise.all([two, three]);
  expect(story).toEqual(['first began', 'other', 'first cleaned up', 'second', 'third']);
  await attempts.run('drill', () => Promise.resolve(story.push('later')));
  expect(story.at(-1)).toBe('later');
});
