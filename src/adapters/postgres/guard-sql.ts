import { escapeLiteral } from 'pg';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import type { KongTable } from './kong-tables.ts';
import { PASS_ROWS } from './node-rows.ts';

/** SQLSTATE of the guard's own refusal. */
export const REFUSED = 'CF001';

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
export const guardFunction = (freeze: FrozenFor, facts: GuardFacts): string => functionOf(guardBody(freeze, facts));

/** The text that PostgreSQL keeps of it, `prosrc`. */
export function guardBody(upgrade: FrozenFor, facts: GuardFacts): string {
  const name = (text: string) => text.replaceAll('%', '%%');
  const text =
    `The configuration of Kong cluster "${name(upgrade.cluster)}" is frozen since ${facts.since} UTC for the upgrade ` +
    `${name(upgrade.workflowId)} (run ${name(upgrade.runId)}): %s on %s was refused. Writes work again when the upgrade ` +
    `has ended; ask whoever runs it, or look at it: crossfade status ${name(upgrade.cluster)}`;
  const { expression, value } = facts.here;
  return bodyOf(`
    ${PASS_ROWS}
    IF session_user = ${escapeLiteral(facts.migrator)} OR (${expression}) <> ${escapeLiteral(value)} THEN
      ${PASS}
    END IF;
    RAISE EXCEPTION USING ERRCODE = ${escapeLiteral(REFUSED)},
      MESSAGE = pg_catalog.format(${escapeLiteral(text)}, TG_OP, TG_TABLE_NAME);`);
}

export type FrozenFor = Pick<UpgradeRef, 'cluster' | 'workflowId' | 'runId'>;

export interface GuardFacts {
  readonly since: string;
  readonly migrator: string;
  /** What tells this database from its copies: an expression, and its value here. */
  readonly here: { readonly expression: string; readonly value: string };
}

const PASS = `IF TG_LEVEL = 'STATEMENT' THEN RETURN NULL; ELSIF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;`;

/** Lets everything pass, at once for all tables: replacing a function needs no lock on any of them. */
export const OPEN_GUARD = functionOf(bodyOf(PASS));

function bodyOf(statements: string): string {
  return `DECLARE allowed boolean; BEGIN ${statements} END`;
}

function functionOf(body: string): string {
  // SECURITY DEFINER: whoever writes needs no right on schema crossfade to be told why it was refused.
  return `CREATE OR REPLACE FUNCTION crossfade.guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS ${escapeLiteral(body)}`;
}

const DATABASE_NUMBER = 'SELECT oid::text FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()';

/** Tells this database from its copies. Some hosted servers don't say which server they are; then its number must do. */
export const hereExpression = (serverSaysWhoItIs: boolean): string =>
  serverSaysWhoItIs
    ? `SELECT (${DATABASE_NUMBER}) || '@' || system_identifier FROM pg_catalog.pg_control_system()`
    : DATABASE_NUMBER;

export interface Trigger {
  readonly name: string;
  readonly create: string;
  /** As `TRIGGER_DEFINITION` reads it back. */
  readonly definition: string;
}

/** The definition of trigger `t` on `n.c`, without what the versions of PostgreSQL and the search path write differently. */
export const TRIGGER_DEFINITION = `regexp_replace(
  replace(pg_get_triggerdef(t.oid), format(' ON %I.%I ', n.nspname, c.relname), ' '), ' EXECUTE (FUNCTION|PROCEDURE) [^(]+', ' EXECUTE ')`;

/**
 * The triggers that a table needs. A name stands for one definition, so that a table whose rules changed is seen to lack one and to
 * have one too many.
 */
export function triggersOf({ name, sql, nodeRows }: Pick<KongTable, 'name' | 'sql' | 'nodeRows'>): Trigger[] {
  const trigger = (suffix: string, event: string, rest: string, rule = '') => ({
    name: `crossfade_guard${suffix}`,
    create: `CREATE TRIGGER crossfade_guard${suffix} BEFORE ${event} ON ${sql} ${rest} EXECUTE FUNCTION crossfade.guard(${rule})`,
    definition: `CREATE TRIGGER crossfade_guard${suffix} BEFORE ${event} ${rest} EXECUTE (${rule})`,
  });
  const [statement, row] = ['FOR EACH STATEMENT', 'FOR EACH ROW'];
  // Events in PostgreSQL's own order, in which it reads them back.
  const everything = 'INSERT OR DELETE OR UPDATE OR TRUNCATE';
  // Kong keeps `tags` by triggers: what follows from a write that its own table let pass passes here too.
  if (name === 'tags') return [trigger('', everything, `${statement} WHEN ((pg_trigger_depth() = 0))`)];
  // Every node deletes expired rows; a statement trigger would refuse that even when there are none.
  if (nodeRows === 'expired')
    return [
      trigger('_but_delete', 'INSERT OR UPDATE OR TRUNCATE', statement),
      trigger('_expired', 'DELETE', row, `'expired'`),
    ];
  if (nodeRows === 'acme')
    return [trigger('_truncate', 'TRUNCATE', statement), trigger('_acme', 'INSERT OR DELETE OR UPDATE', row, `'acme'`)];
  return [trigger('', everything, statement)];
}
