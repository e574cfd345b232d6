import type { TrafficRouter } from './port.ts';

/** A driver that is loaded with its first call: its client takes longer to load than a worker takes to come back after a crash. */
export function lazily(load: () => Promise<TrafficRouter>, { testers }: { readonly testers: boolean }): TrafficRouter {
  let loading: Promise<TrafficRouter> | undefined;
  const driver = () => (loading ??= load());
  return {
    describe: async () => (await driver()).describe(),
    current: async () => (await driver()).current(),
    set: async (change) => (await driver()).set(change),
    verify: async (weight, options) => (await driver()).verify(weight, options),
    ...(testers && {
      async setTesters(change) {
        const { setTesters } = await driver();
        if (setTesters === undefined) throw new TypeError('a driver with testers that has no way for them');
        return setTesters(change);
      },
    }),
  };
}
