import { parsePlan } from '../domain/plan/index.ts';
import type { OpenActivities } from './contract.ts';

export interface OpenDeps {
  /** Names of Crossfade's search attributes that the server has with the right type. */
  usableSearchAttributes(): Promise<readonly string[]>;
}

export function createOpenActivities({ usableSearchAttributes }: OpenDeps): OpenActivities {
  return {
    async openUpgrade({ plan: input }) {
      const { plan, faults } = parsePlan(input);
      // Without them a run is only harder to find: nothing that may stop it.
      const searchAttributes = await usableSearchAttributes().catch(() => []);
      return { ...(plan === undefined ? {} : { plan }), faults, searchAttributes };
    },
  };
}
