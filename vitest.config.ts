import { defineConfig } from 'vitest/config';

// Tests start real servers and wait for them: three files side by side keep the two cores of a small machine busy, and the
// time-outs leave room for a machine that is busy with something else.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
