import { escapeLiteral } from 'pg';
import type { UpgradeRef } from '../../domain/upgrade.ts';

/** SQLSTATE of the guard's own refusal. */
export const REFUSED = 'CF001';

/** The statement trigger, and for tables whose rows expire the row trigger for DELETE. */
export const STATEMENT_TRIGGER = 'crossfade_guard';
export const ROW_TRIGGER = 'crossfade_guard_rows';

/** Held while the guard is installed or removed, so that two workers don't meet in the middle. Ends with the transaction. */
export const ONE_AT_A_TIME = `SELECT pg_advisory_xact_lock(${0x43_46}, 0)`;

/**
 * The role that migrations run as. Roles belong to the whole server, so the database's number is in its name. The guard
 * lets it pass whether or not it exists.
 */
export const MIGRATOR_ROLE = `'crossfade_migrator_' || (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * The guard. What it knows is written into its body and not read from a table: a transaction with an old snapshot would not
 * see the row, but always gets the function as it is now.
 *
 * It refuses only in the database that it was made for: whatever copy is made while frozen (any dump and restore, `CREATE
 * DATABASE ... TEMPLATE`) is not frozen.
 */
export function guardFunction(upgrade: UpgradeRef, facts: GuardFacts): string {
  const name = (text: string) => text.replaceAll('%', '%%');
  const text =
    `The configuration of Kong cluster "${name(upgrade.cluster)}" is frozen since ${facts.since} UTC for the upgrade ` +
    `${name(upgrade.workflowId)} (run ${name(upgrade.runId)}): %s on %s was refused. Writes work again when the upgrade ` +
    `has ended; ask whoever runs it, or look at it: crossfade status ${name(upgrade.cluster)}`;
  const { expression, value } = facts.here;
  return functionOf(`
    IF session_user = ${escapeLiteral(facts.migrator)} OR (${expression}) <> ${escapeLiteral(value)} THEN
      ${PASS}
    END IF;
    IF TG_LEVEL = 'ROW' THEN
      -- Here and not in the trigger's WHEN: a migration could not change a column that a trigger's definition names.
      IF OLD.ttl < now() THEN RETURN OLD; END IF;
    END IF;
    RAISE EXCEPTION USING ERRCODE = ${escapeLiteral(REFUSED)},
      MESSAGE = pg_catalog.format(${escapeLiteral(text)}, TG_OP, TG_TABLE_NAME);`);
}

export interface GuardFacts {
  readonly since: string;
  readonly migrator: string;
  /** What tells this database from its copies: an expression, and its value here. */
  readonly here: { readonly expression: string; readonly value: string };
}

const PASS = `IF TG_LEVEL = 'ROW' THEN RETURN OLD; END IF; RETURN NULL;`;

/** Lets everything pass, at once for all tables: replacing a function needs no lock on any of them. */
export const OPEN_GUARD = functionOf(PASS);

function functionOf(body: string): string {
  // SECURITY DEFINER: whoever writes needs no right on schema crossfade to be told why it was refused.
  return `CREATE OR REPLACE FUNCTION crossfade.guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS ${escapeLiteral(`BEGIN ${body} END`)}`;
}

const DATABASE_NUMBER = 'SELECT oid::text FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()';

/** Tells this database from its copies. Some hosted servers don't say which server they are; then its number must do. */
export const hereExpression = (serverSaysWhoItIs: boolean): string =>
  serverSaysWhoItIs
    ? `SELECT (${DATABASE_NUMBER}) || '@' || system_identifier FROM pg_catalog.pg_control_system()`
    : DATABASE_NUMBER;

/** The triggers that a table needs. */
export function triggersOf(table: { name: string; sql: string; expires: boolean }): { name: string; create: string }[] {
  const on = (name: string, event: string, rest: string) => ({
    name,
    create: `CREATE TRIGGER ${name} BEFORE ${event} ON ${table.sql} ${rest} EXECUTE FUNCTION crossfade.guard()`,
  });
  const statement = 'FOR EACH STATEMENT';
  // Kong keeps `tags` by triggers: what comes from a write that its own table let pass (an expired key's end) passes here too.
  if (table.name === 'tags')
    return [
      on(STATEMENT_TRIGGER, 'INSERT OR UPDATE OR DELETE OR TRUNCATE', `${statement} WHEN (pg_trigger_depth() = 0)`),
    ];
  if (!table.expires) return [on(STATEMENT_TRIGGER, 'INSERT OR UPDATE OR DELETE OR TRUNCATE', statement)];
  // Every node deletes expired rows; a statement trigger would refuse that even when there are none.
  return [on(STATEMENT_TRIGGER, 'INSERT OR UPDATE OR TRUNCATE', statement), on(ROW_TRIGGER, 'DELETE', 'FOR EACH ROW')];
}
