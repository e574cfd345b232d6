import { parseRestoreRequest } from '../../domain/restore/index.ts';
import type { RestoreActivities } from '../contract.ts';
import type { OpenDeps } from '../open.ts';

export const createOpenRestore =
  ({ usableSearchAttributes }: OpenDeps): RestoreActivities['openRestore'] =>
  async ({ input }) => {
    const { request, faults } = parseRestoreRequest(input);
    // Without them a run is only harder to find: nothing that may stop it.
    const searchAttributes = await usableSearchAttributes().catch(() => []);
    return { ...(request === undefined ? {} : { request }), faults, searchAttributes };
  };
