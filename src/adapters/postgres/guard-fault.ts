import type { ClientBase } from 'pg';
import type { GuardFault } from '../../domain/configuration.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { withConnection, type Connect } from './connect.ts';
import type { Fingerprints } from './fingerprint.ts';
import { readFreeze, readTriggers } from './freeze-state.ts';
import { triggersOf } from './guard-sql.ts';
import { configurationTables, readKongSchema } from './kong-tables.ts';

/** Fingerprints whose `drift` also tells when the guard does not stand any more: a superuser can switch it off. */
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

/** Configuration tables on which the guard does not stand. */
export async function unguarded(client: ClientBase): Promise<string[]> {
  const tables = configurationTables(await readKongSchema(client));
  const triggers = await readTriggers(client);
  return tables
    .filter((table) => !triggersOf(table).every(({ name }) => triggers.get(`${table.name}/${name}`) === true))
    .map(({ name }) => name);
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
  const { refuses, role } = await readSession(client, upgrade);
  if (freeze.open || !refuses) return broken('the guard lets everything pass');
  if (role !== 'origin')
    return broken(
      `sessions of Kong's role run with session_replication_role = ${role}, in which the guard is not asked`,
    );
  const missing = await unguarded(client);
  return missing.length === 0 ? undefined : broken(`the guard is missing or disabled on ${missing.join(', ')}`);
}

async function readSession(client: ClientBase, upgrade: UpgradeRef): Promise<{ refuses: boolean; role: string }> {
  const { rows } = await client.query<{ refuses: boolean; role: string }>(
    `SELECT EXISTS (SELECT FROM pg_proc WHERE oid = to_regprocedure('crossfade.guard()') AND strpos(prosrc, $1) > 0) AS refuses,
            current_setting('session_replication_role') AS role`,
    [upgrade.runId],
  );
  return rows[0] ?? { refuses: false, role: 'unknown' };
}

/** `crossfade thaw` leaves a note that names the run. */
async function byWhom(client: ClientBase, { runId }: UpgradeRef): Promise<string> {
  const { rows } = await client.query<{ text: string | null }>(
    "SELECT obj_description(oid, 'pg_namespace') AS text FROM pg_namespace WHERE nspname = 'crossfade'",
  );
  const text = rows[0]?.text ?? '';
  return text.includes(runId) ? `: ${text}` : '';
}
