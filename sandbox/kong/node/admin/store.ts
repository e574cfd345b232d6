import { randomUUID } from 'node:crypto';
import type { Json } from '../../schema/fields.ts';
import type { Database } from '../database.ts';
import type { Entity } from './entities.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const isUuid = (text: string): boolean => UUID.test(text);

const quote = (name: string): string => `"${name}"`;

/** Column of a field. */
function column(entity: Entity, field: string): string {
  return entity.fields[field]?.kind === 'foreign' ? `${field}_id` : field;
}

/** A value as the driver wants it for its column. */
function toColumn(entity: Entity, field: string, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  const kind = entity.fields[field]?.kind;
  if (kind === 'foreign') return (value as Json)['id'];
  if (kind === 'map' || kind === 'record') return JSON.stringify(value);
  if (field === 'ttl') return new Date(Date.now() + Number(value) * 1000);
  return value;
}

/** A row as the Admin API shows it. */
function fromRow(entity: Entity, row: Json): Json {
  const shown: Json = { id: row['id'], created_at: Math.floor(Number(row['created_at'])) };
  if (entity.updatedAt) shown['updated_at'] = Math.floor(Number(row['updated_at']));
  for (const field of Object.keys(entity.fields)) {
    const value = row[column(entity, field)];
    if (entity.fields[field]?.kind === 'foreign') shown[field] = value === null ? null : { id: value };
    else if (field === 'ttl' && value !== null)
      shown[field] = Math.max(0, Math.ceil(Number(value) - Date.now() / 1000));
    else shown[field] = value ?? null;
  }
  return shown;
}

/** A page of a list; `offset` is where the next one begins. */
export interface Page {
  readonly data: Json[];
  readonly offset: string | undefined;
}

/** The tables of configuration entities in the default workspace. */
export class Store {
  readonly #db: Database;
  #workspace: string | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  async workspace(): Promise<string> {
    this.#workspace ??= (await this.#db.query<{ id: string }>(`SELECT id FROM workspaces WHERE name = 'default'`))[0]
      ?.id;
    return this.#workspace ?? '';
  }

  /** Finds by id or by the entity's own key. */
  async find(entity: Entity, key: string, owner?: readonly [field: string, id: string]): Promise<Json | undefined> {
    const by = isUuid(key) || entity.key === undefined ? 'id' : entity.key;
    if (by === 'id' && !isUuid(key)) return undefined;
    const own = owner === undefined ? '' : ` AND ${quote(column(entity, owner[0]))} = $2`;
    const values = owner === undefined ? [key] : [key, owner[1]];
    const [row] = await this.#db.query<Json>(`SELECT * FROM ${entity.table} WHERE ${quote(by)} = $1${own}`, values);
    return row === undefined ? undefined : fromRow(entity, row);
  }

  async page(
    entity: Entity,
    size: number,
    options: { after?: string | undefined; tags?: string[] | undefined; owner?: readonly [string, string] | undefined },
  ): Promise<Page> {
    const wheres: string[] = [];
    const values: unknown[] = [];
    const where = (sql: string, value: unknown): void => {
      values.push(value);
      wheres.push(sql.replace('?', `$${values.length}`));
    };
    if (options.after !== undefined) where('id > ?', options.after);
    if (options.tags !== undefined) where('tags @> ?', options.tags);
    if (options.owner !== undefined) where(`${quote(column(entity, options.owner[0]))} = ?`, options.owner[1]);
    const filter = wheres.length === 0 ? '' : ` WHERE ${wheres.join(' AND ')}`;
    const rows = await this.#db.query<Json>(
      `SELECT * FROM ${entity.table}${filter} ORDER BY id LIMIT ${size + 1}`,
      values,
    );
    const data = rows.slice(0, size).map((row) => fromRow(entity, row));
    return { data, offset: rows.length > size ? String(data.at(-1)?.['id']) : undefined };
  }

  /** Inserts, or with an id that exists replaces. */
  async put(entity: Entity, id: string, values: Json, extra: Json = {}): Promise<Json> {
    const now = new Date(Math.floor(Date.now() / 1000) * 1000);
    const columns = [...this.#columns(entity, values), ...Object.entries(extra)];
    const times: [string, unknown][] = [
      ['created_at', now],
      ...(entity.updatedAt ? [['updated_at', now] as [string, unknown]] : []),
    ];
    const all: [string, unknown][] = [['id', id], ['ws_id', await this.workspace()], ...times, ...columns];
    const kept = new Set(['id', 'ws_id', 'created_at']);
    const updates = all.filter(([name]) => !kept.has(name)).map(([name]) => `${quote(name)} = EXCLUDED.${quote(name)}`);
    const [row] = await this.#db.query<Json>(
      `INSERT INTO ${entity.table} (${all.map(([name]) => quote(name)).join(', ')})
         VALUES (${all.map((_, i) => `$${i + 1}`).join(', ')})
         ON CONFLICT (id) DO UPDATE SET ${updates.join(', ')} RETURNING *`,
      all.map(([, value]) => value),
    );
    return fromRow(entity, row ?? {});
  }

  async insert(entity: Entity, values: Json, extra: Json = {}): Promise<Json> {
    return this.put(entity, typeof values['id'] === 'string' ? values['id'] : randomUUID(), values, extra);
  }

  /** Changes some fields; undefined if there is no such row. */
  async update(entity: Entity, id: string, values: Json, extra: Json = {}): Promise<Json | undefined> {
    const now = new Date(Math.floor(Date.now() / 1000) * 1000);
    const touched: [string, unknown][] = entity.updatedAt ? [['updated_at', now]] : [];
    const all = [...touched, ...this.#columns(entity, values), ...Object.entries(extra)];
    const sets = all.map(([name], i) => `${quote(name)} = $${i + 2}`);
    const sql = `UPDATE ${entity.table} SET ${sets.join(', ')} WHERE id = $1 RETURNING *`;
    const [row] = await this.#db.query<Json>(sql, [id, ...all.map(([, value]) => value)]);
    return row === undefined ? undefined : fromRow(entity, row);
  }

  async delete(entity: Entity, id: string): Promise<void> {
    await this.#db.execute(`DELETE FROM ${entity.table} WHERE id = $1`, [id]);
  }

  #columns(entity: Entity, values: Json): [string, unknown][] {
    return Object.keys(entity.fields)
      .filter((field) => field in values)
      .map((field) => [column(entity, field), toColumn(entity, field, values[field])]);
  }
}
