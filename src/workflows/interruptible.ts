import { CancellationScope } from '@temporalio/workflow';
import type { Control } from './control.ts';
import { toInterruption, type Interruption } from './interruption.ts';

/**
 * Runs the forward path, in a scope that an abort, a breach or the limit of the freeze cancels.
 *
 * @returns why it stopped, or nothing when it is complete
 */
export async function interruptible(control: Control, forward: () => Promise<void>): Promise<Interruption | undefined> {
  const scope = new CancellationScope();
  control.arm(() => scope.cancel());
  try {
    // Never raced against anything: the way back must not begin before the last act has really ended.
    await scope.run(forward);
    return control.interruption;
  } catch (error) {
    return control.interruption ?? toInterruption(error);
  } finally {
    control.disarm();
  }
}
