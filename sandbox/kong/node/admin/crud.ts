import { randomUUID } from 'node:crypto';
import type { Json } from '../../schema/fields.ts';
import type { KongNode } from '../node.ts';
import { PLUGINS, type Entity } from './entities.ts';
import { missing, NOT_FOUND } from './errors.ts';
import { accept, show, type InputRules } from './input.ts';
import { isUuid, Store } from './store.ts';

/** What an Admin API request is about: a collection, maybe of an owner, maybe one thing in it. */
export interface Subject {
  readonly entity: Entity;
  /** Path of the collection, for the link to the next page. */
  readonly path: string;
  readonly owner?: readonly [field: string, id: string];
  readonly key?: string;
}

export interface Answer {
  readonly status: number;
  readonly body?: Json;
}

/** Creates, reads, updates and deletes, and tells this and the other nodes. */
export class Crud {
  readonly #node: KongNode;
  readonly #store: Store;

  constructor(node: KongNode) {
    this.#node = node;
    this.#store = new Store(node.db);
  }

  get store(): Store {
    return this.#store;
  }

  async list({ entity, path, owner }: Subject, query: URLSearchParams): Promise<Answer> {
    const size = Math.min(1000, Math.max(1, Number(query.get('size') ?? 100) || 100));
    const after = query.get('offset');
    const tags = query.get('tags')?.split(',');
    const page = await this.#store.page(entity, size, {
      after: after === null ? undefined : decode(after),
      tags,
      owner,
    });
    const data = page.data.map((row) => show(this.#rules, entity, row));
    if (page.offset === undefined) return { status: 200, body: { next: null, data } };
    const offset = Buffer.from(page.offset).toString('base64url');
    return { status: 200, body: { next: `${path}?offset=${offset}`, offset, data } };
  }

  async get(subject: Subject): Promise<Answer> {
    const found = await this.#find(subject);
    if (found === undefined) throw NOT_FOUND;
    return { status: 200, body: show(this.#rules, subject.entity, found) };
  }

  async create({ entity, owner }: Subject, sent: Json): Promise<Answer> {
    const given = owner === undefined ? sent : { ...sent, [owner[0]]: { id: owner[1] } };
    const values = accept(this.#rules, entity, given);
    const made = await this.#store.insert(entity, { ...values, id: sent['id'] }, await this.#extra(entity, values));
    await this.#tell(entity, made);
    return { status: 201, body: show(this.#rules, entity, made) };
  }

  /** Creates or replaces the thing that the path names. */
  async put(subject: Subject, sent: Json): Promise<Answer> {
    const { entity, owner, key = '' } = subject;
    const named = isUuid(key) || entity.key === undefined ? {} : { [entity.key]: key };
    const given = { ...sent, ...named, ...(owner === undefined ? {} : { [owner[0]]: { id: owner[1] } }) };
    const before = await this.#find(subject);
    const values = accept(this.#rules, entity, given);
    const id = String(before?.['id'] ?? (isUuid(key) ? key : randomUUID()));
    const made = await this.#store.put(entity, id, values, await this.#extra(entity, values));
    await this.#tell(entity, made);
    return { status: 200, body: show(this.#rules, entity, made) };
  }

  async patch(subject: Subject, sent: Json): Promise<Answer> {
    const { entity, key = '' } = subject;
    const before = await this.#find(subject);
    const primary = isUuid(key) || entity.key === undefined ? { id: key } : { [entity.key]: key };
    if (before === undefined) throw missing(primary);
    const values = accept(this.#rules, entity, sent, before);
    const extra = await this.#extra(entity, values);
    const made = await this.#store.update(entity, String(before['id']), values, extra);
    if (made === undefined) throw missing(primary);
    await this.#tell(entity, made);
    return { status: 200, body: show(this.#rules, entity, made) };
  }

  async delete(subject: Subject): Promise<Answer> {
    const found = await this.#find(subject);
    if (found !== undefined) {
      await this.#store.delete(subject.entity, String(found['id']));
      await this.#tell(subject.entity, found);
    }
    return { status: 204 };
  }

  async #find({ entity, key = '', owner }: Subject): Promise<Json | undefined> {
    return this.#store.find(entity, key, owner);
  }

  get #rules(): InputRules {
    return { version: this.#node.version, enabled: this.#node.enabledPlugins };
  }

  /** Kong's own key of a plugin: two of the same kind for the same things are refused by it. */
  async #extra(entity: Entity, values: Json): Promise<Json> {
    if (entity !== PLUGINS) return {};
    const ids = ['route', 'service', 'consumer'].map((field) => (values[field] as Json | null)?.['id'] ?? '');
    return { cache_key: `plugins:${String(values['name'])}:${ids.join(':')}::${await this.#store.workspace()}` };
  }

  async #tell(entity: Entity, { id }: Json): Promise<void> {
    this.#node.changed(entity.concern);
    const prefix =
      entity.concern === 'core' ? entity.table : entity.table === 'consumers' ? 'consumers' : 'keyauth_credentials';
    const key = `${prefix}:${String(id)}:::::${await this.#store.workspace()}`;
    await this.#node.events.send(entity.concern, [key]).catch((error: Error) => {
      this.#node.log.error('error', `*1 [kong] init.lua failed broadcasting invalidation event: ${error.message}`);
    });
  }
}

const decode = (offset: string): string => Buffer.from(offset, 'base64url').toString('utf8');
