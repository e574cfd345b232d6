import { escapeIdentifier, escapeLiteral } from 'pg';

/** Their value is a list of names, which PostgreSQL has quoted one by one where it keeps them. */
const LISTS = new Set([
  'search_path',
  'temp_tablespaces',
  'session_preload_libraries',
  'local_preload_libraries',
  'shared_preload_libraries',
  'unix_socket_directories',
]);

/** `name=value`, as `pg_db_role_setting` has it. */
export function parseSetting(text: string): { name: string; value: string } {
  const at = text.indexOf('=');
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}

/** What stands behind `SET` in SQL. A name may have a dot (`app.mode`). */
export function settingSql({ name, value }: { readonly name: string; readonly value: string }): string {
  const quoted = name.split('.').map(escapeIdentifier).join('.');
  return `${quoted} = ${LISTS.has(name) ? listSql(value) : escapeLiteral(value)}`;
}

/** The same names, quoted anew: nothing that came from a file gets into SQL as it is. */
const listSql = (value: string): string =>
  [...value.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)]
    .map(([, quoted, plain]) => escapeLiteral(quoted?.replaceAll('""', '"') ?? plain ?? ''))
    .join(', ') || "''";
