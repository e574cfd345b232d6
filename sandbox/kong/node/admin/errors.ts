import pg from 'pg';
import type { Json } from '../../schema/fields.ts';

/** An answer of the Admin API that is not a success. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: Json;

  constructor(status: number, body: Json) {
    super(String(body['message']));
    this.status = status;
    this.body = body;
  }
}

export const NOT_FOUND = new ApiError(404, { message: 'Not found' });

const shown = (fields: Json): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}="${String(value)}"`)
    .join(',');

/** An update of something that does not exist. */
export function missing(key: Json): ApiError {
  const message = `could not find the entity with primary key '{${shown(key)}}'`;
  return new ApiError(404, { code: 6, name: 'not found', fields: key, message });
}

function flatten(fields: Json, path = ''): string[] {
  return Object.entries(fields).flatMap(([name, fault]) =>
    typeof fault === 'object' && fault !== null
      ? flatten(fault as Json, `${path}${name}.`)
      : [`${path}${name}: ${String(fault)}`],
  );
}

/** Input that does not fit the schema, with what is wrong by field. */
export function violation(fields: Json): ApiError {
  const all = flatten(fields).sort();
  const count = all.length === 1 ? 'schema violation' : `${all.length} schema violations`;
  return new ApiError(400, { code: 2, name: 'schema violation', fields, message: `${count} (${all.join('; ')})` });
}

/** `Key (ws_id, name)=(…, echo) already exists.` as fields, without the workspace. */
function fieldsOf(detail: string): Json {
  const [, names = '', values = ''] = /\((.*?)\)=\((.*)\)/.exec(detail) ?? [];
  const split = values.split(', ');
  const pairs = names.split(', ').map((name, i) => [name, split[i]] as const);
  return Object.fromEntries(pairs.filter(([name]) => name !== 'ws_id' && name !== 'cache_key'));
}

/** What a client is told about an error of PostgreSQL that is its own fault; undefined for all others. */
export function fromDatabase(error: unknown): ApiError | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof pg.DatabaseError)) return undefined;
  const fields = fieldsOf(cause.detail ?? '');
  if (cause.code === '23505') {
    const message = `UNIQUE violation detected on '{${shown(fields)}}'`;
    return new ApiError(409, { code: 5, name: 'unique constraint violation', fields, message });
  }
  if (cause.code !== '23503') return undefined;
  const [, by = ''] = /referenced from table "(.*?)"/.exec(cause.detail ?? '') ?? [];
  const [, of = ''] = /on table "(.*?)"/.exec(cause.message) ?? [];
  const refers = `an existing '${by}' entity references this '${of}' entity`;
  const dangling = `the foreign key '{${shown(fields)}}' does not reference an existing entity.`;
  const name = 'foreign key violation';
  return by === ''
    ? new ApiError(400, { code: 4, name, fields, message: dangling })
    : new ApiError(400, { code: 4, name, fields: { '@referenced_by': by }, message: refers });
}
