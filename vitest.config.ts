import { defineConfig } from 'vitest/config';

// Tests start real servers: two files side by side are what a machine of two cores takes without tests waiting for each
// other, and the time-outs leave room for a machine that is busy with something else.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
