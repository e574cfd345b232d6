import type { DatabaseSwap } from '../../adapters/postgres/swap.ts';
import type { RestoreActivities } from '../contract.ts';

type SwapActivities = Pick<RestoreActivities, 'swapNames' | 'dropRestored'>;

export const createSwapActivities = ({ swap }: { swap: DatabaseSwap }): SwapActivities => ({
  swapNames: ({ database, names, numbers }) => swap.swap(database, names, numbers),

  async dropRestored({ database, names, restored }) {
    const numbers = restored === undefined ? undefined : { restored };
    // Nobody could tell whether the swap had arrived: then what is there is asked, and stays.
    const swapped = numbers !== undefined && (await swap.isSwapped(database, names, numbers));
    if (!swapped) await swap.drop(database, names);
    return { swapped };
  },
});
