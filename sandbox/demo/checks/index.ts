import { checkDatabase } from './database.ts';
import type { Check, Ended } from './check.ts';
import { checkDrift } from './drift.ts';
import { checkNodes } from './nodes.ts';
import { checkOnce } from './once.ts';
import { checkClients, checkOutcome } from './outcome.ts';
import { checkSecrets } from './secrets.ts';
import { checkSessions } from './sessions.ts';
import { checkWrites } from './writes.ts';

export type { Check, Ended } from './check.ts';

/** Reads everything back that the scenario promises. */
export async function checkAll(ended: Ended): Promise<readonly Check[]> {
  const checks = [
    checkOutcome,
    checkClients,
    checkDatabase,
    checkNodes,
    checkSessions,
    checkOnce,
    checkSecrets,
    checkWrites,
    checkDrift,
  ];
  return (await Promise.all(checks.map((one) => one(ended)))).flat();
}
