import { CancellationScope } from '@temporalio/workflow';

/**
 * Runs acts side by side. When one fails the others are cancelled, and all have ended before this throws: what comes next, an
 * undo for instance, never overlaps one of them.
 */
export async function together<T extends readonly unknown[]>(
  ...acts: { readonly [K in keyof T]: () => Promise<T[K]> }
): Promise<T> {
  const scope = new CancellationScope();
  const running = acts.map((act: () => Promise<unknown>) => scope.run(act));
  try {
    return (await Promise.all(running)) as unknown as T;
  } finally {
    scope.cancel();
    await Promise.allSettled(running);
  }
}
