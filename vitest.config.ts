import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const isKubernetes = ({ moduleId }: TestSpecification) => moduleId.includes('/traffic/kubernetes');

/** The server of these tests may still be building (test/run.ts). */
class KubernetesLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter((file) => !isKubernetes(file)), ...sorted.filter(isKubernetes)];
  }
}

// Tests start real servers and wait for them: three files side by side keep the two cores of a small machine busy, and the
// time-outs leave room for a machine that is busy with something else.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/texts-match.ts'],
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: KubernetesLast },
    testTimeout: 180_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 30_000 } },
    teardownTimeout: 30_000,
  },
});
