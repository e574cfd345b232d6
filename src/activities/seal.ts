import type { Seals } from '../adapters/postgres/seal.ts';
import type { FinishActivities } from './contract.ts';

export type SealActivities = Pick<FinishActivities, 'writeSeal' | 'readSeal' | 'closeSeal'>;

export function createSealActivities({ seals }: { seals: Seals }): SealActivities {
  return {
    writeSeal: ({ database, upgrade, approvedBy }) => seals.write(database, upgrade, approvedBy),
    readSeal: ({ database, cluster }) => seals.read(database, cluster),
    closeSeal: ({ database, upgrade }) => seals.close(database, upgrade),
  };
}
