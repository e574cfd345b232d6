import { escapeLiteral, type ClientBase } from 'pg';
import { ACME_TAG, type NodeWriter } from '../../domain/node-writers.ts';

/**
 * Which rows of a configuration table Kong's nodes change by themselves: what the guard lets pass and what the fingerprint
 * leaves out are the same rows.
 * - `expired`: rows whose `ttl` is over; every node deletes them.
 * - `acme`: certificates and SNIs of plugin acme; nodes order and renew them.
 */
export type NodeRows = 'expired' | 'acme';

const ACME_TABLES: ReadonlySet<string> = new Set(['certificates', 'snis']);

/** The rule of a table; none where only people and their tools write. */
export function nodeRowsOf(
  table: { readonly name: string; readonly columns: readonly { readonly name: string }[] },
  writers: readonly NodeWriter[],
): NodeRows | undefined {
  if (table.columns.some(({ name }) => name === 'ttl')) return 'expired';
  return writers.includes('acme') && ACME_TABLES.has(table.name) ? 'acme' : undefined;
}

/**
 * Which plugins make nodes write configuration, by Kong's tables in `schema` (quoted). Plugin acme counts also where it is turned
 * off: the daily renewal of older nodes asks for its rows only. Whether it keeps its challenges in the database or in
 * Redis makes no difference, the certificates are always stored here. Plugin oauth2 only writes where secrets are hashed.
 */
export async function readNodeWriters(
  client: ClientBase,
  schema: string,
  tables: readonly string[],
): Promise<NodeWriter[]> {
  if (!tables.includes('plugins')) return [];
  const hashed = tables.includes('oauth2_credentials')
    ? `EXISTS (SELECT FROM ${schema}.oauth2_credentials WHERE hash_secret)`
    : 'false';
  const { rows } = await client.query<{ name: NodeWriter }>(
    `SELECT DISTINCT name FROM ${schema}.plugins
      WHERE name = 'acme' OR (name = 'oauth2' AND enabled AND ${hashed}) ORDER BY name`,
  );
  return rows.map(({ name }) => name);
}

const TAGGED = `'{${ACME_TAG}}'::pg_catalog.text[]`;

/**
 * The guard's PL/pgSQL for a row, by the argument of its trigger; what it does not return is refused. Conditions are here and not in
 * the trigger's WHEN: a migration could not change a column that a trigger's definition names.
 *
 * A row is over when Kong's own statement says so: Kong compares with a timestamp without time zone, which the session's time zone
 * turns into one, and newer nodes go by their own clock, which may be a little ahead of the database's.
 *
 * Plugin acme inserts a certificate, points the SNI at it (inserts it or, by its name, updates it), and deletes the certificate that
 * the SNI had before. It never deletes an SNI, never changes a certificate, and always sets its own tag alone. It proves a host by
 * an answer on it, over HTTP, which no certificate authority takes for a wildcard.
 */
export const PASS_ROWS = `
  IF TG_ARGV[0] = 'expired' THEN
    IF OLD.ttl < greatest(now(), now() AT TIME ZONE 'UTC') + interval '1 minute' THEN RETURN OLD; END IF;
  ELSIF TG_ARGV[0] = 'acme' THEN
    IF TG_OP = 'DELETE' THEN
      IF TG_TABLE_NAME = 'certificates' AND OLD.tags @> ${TAGGED} THEN RETURN OLD; END IF;
    ELSIF NEW.tags = ${TAGGED} THEN
      IF TG_TABLE_NAME = 'certificates' THEN
        IF TG_OP = 'INSERT' THEN RETURN NEW; END IF;
      ELSE
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.certificates WHERE id = $1 AND tags @> $2)', TG_TABLE_SCHEMA)
          INTO allowed USING NEW.certificate_id, ${TAGGED};
        allowed := allowed AND strpos(NEW.name, '*') = 0;
        IF allowed AND TG_OP = 'UPDATE' THEN
          allowed := OLD.tags @> ${TAGGED} AND (OLD.id, OLD.name) = (NEW.id, NEW.name);
        END IF;
        IF allowed THEN RETURN NEW; END IF;
      END IF;
    END IF;
  END IF;`;

/** Condition for the rows `r` of a table that belong to the fingerprint, or `undefined` for all. */
export function fingerprinted(table: { readonly nodeRows: NodeRows | undefined }): string | undefined {
  if (table.nodeRows === 'expired') return 'r.ttl IS NULL';
  return table.nodeRows === 'acme' ? `(r.tags @> ${TAGGED}) IS NOT TRUE` : undefined;
}

/** The same for Kong's table `tags`: the tags of a row go with it. */
export function fingerprintedTags(
  tables: readonly { readonly name: string; readonly nodeRows: NodeRows | undefined }[],
): string | undefined {
  const list = (rule: NodeRows) =>
    tables.filter(({ nodeRows }) => nodeRows === rule).map(({ name }) => escapeLiteral(name));
  const [expiring, acme] = [list('expired'), list('acme')];
  const conditions = [
    ...(expiring.length === 0 ? [] : [`r.entity_name NOT IN (${expiring.join(', ')})`]),
    ...(acme.length === 0 ? [] : [`(r.entity_name IN (${acme.join(', ')}) AND r.tags @> ${TAGGED}) IS NOT TRUE`]),
  ];
  return conditions.length === 0 ? undefined : conditions.join(' AND ');
}
