import type { ClientBase } from 'pg';
import type { GuardFault } from '../../domain/configuration.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { withConnection, type Connect } from './connect.ts';
import type { Fingerprints } from './fingerprint.ts';
import { isGuarded, readFreeze, readTriggers } from './freeze-state.ts';
import { readInstalled } from './guard-function.ts';
import { configurationTables, readKongSchema } from './kong-tables.ts';

/** Fingerprints whose `drift` also tells when the guard does not stand any more: the owner of Kong's tables can switch it off. */
export const withGuardCheck = (connect: Connect, fingerprints: Fingerprints): Fingerprints => ({
  ...fingerprints,
  async drift(database, upgrade) {
    // First: what comes after a fault that is found here is found by the next look.
    const guardFault = await withConnection(connect(database), (client) => findGuardFault(client, upgrade));
    if (guardFault?.kind === 'lifted') {
      const fingerprint = await fingerprints.compute(database);
      return { fingerprint, changes: [], total: 0, guardFault };
    }
    const drift = await fingerprints.drift(database, upgrade);
    return guardFault === undefined ? drift : { ...drift, guardFault };
  },
});

/** Configuration tables on which the guard does not stand: all of them where its function is not the one that was installed. */
export async function unguarded(client: ClientBase): Promise<string[]> {
  const freeze = await readFreeze(client);
  const hollow = freeze !== undefined && !freeze.open && !(await readInstalled(client, freeze));
  return withoutTriggers(client, hollow);
}

async function withoutTriggers(client: ClientBase, all = false): Promise<string[]> {
  const tables = configurationTables(await readKongSchema(client));
  const triggers = await readTriggers(client);
  return tables.filter((table) => all || !isGuarded(table, triggers)).map(({ name }) => name);
}

/** To be asked in a session of Kong's own role. */
export async function findGuardFault(client: ClientBase, upgrade: UpgradeRef): Promise<GuardFault | undefined> {
  const freeze = await readFreeze(client);
  if (freeze?.runId !== upgrade.runId) {
    const instead =
      freeze === undefined ? '' : `, and it is frozen by ${freeze.workflowId} (run ${freeze.runId}) instead`;
    return { kind: 'lifted', text: `somebody has lifted the freeze${await byWhom(client, upgrade)}${instead}` };
  }
  const broken = (text: string): GuardFault => ({ kind: 'broken', text });
  if (freeze.open) return broken('the guard lets everything pass');
  if (!(await readInstalled(client, freeze)))
    return broken('the function of the guard is not the one that was installed, and may let everything pass');
  const role = await readReplicationRole(client);
  if (role !== 'origin')
    return broken(
      `sessions of Kong's role run with session_replication_role = ${role}, in which the guard is not asked`,
    );
  const missing = await withoutTriggers(client);
  return missing.length === 0
    ? undefined
    : broken(`the guard is missing, disabled or changed on ${missing.join(', ')}`);
}

async function readReplicationRole(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ role: string }>("SELECT current_setting('session_replication_role') AS role");
  return rows[0]?.role ?? 'unknown';
}

/** `crossfade thaw` leaves a note that names the run. */
async function byWhom(client: ClientBase, { runId }: UpgradeRef): Promise<string> {
  const { rows } = await client.query<{ text: string | null }>(
    "SELECT obj_description(oid, 'pg_namespace') AS text FROM pg_namespace WHERE nspname = 'crossfade'",
  );
  const text = rows[0]?.text ?? '';
  return text.includes(runId) ? `: ${text}` : '';
}
