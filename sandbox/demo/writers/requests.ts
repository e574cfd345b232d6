import { randomUUID } from 'node:crypto';
import { KINDS, METHODS, type Kind, type Method, type Stock, type Thing } from './types.ts';

/** A write that is to be sent. */
export interface WriteRequest {
  readonly method: Method;
  readonly kind: Kind;
  readonly path: string;
  readonly tag?: string;
  readonly body?: object;
  /** It was accepted: it can't be sent again. */
  accepted(): void;
}

const nothing = () => undefined;

/** Writes of every kind in turn, for one writer. `frozen`: what can be used up only once is kept until then. */
export function createRequests(writer: string, stock: Stock, frozen: () => boolean): () => WriteRequest | undefined {
  const doomed = Object.fromEntries(KINDS.map((kind) => [kind, [...stock.doomed[kind]]])) as Record<Kind, Thing[]>;
  const withoutPlugin = [...stock.withoutPlugin];
  let count = 0;
  let turn = 0;

  /** The next of a stock that is used up by what is accepted; one is left for the freeze. */
  const next = (things: Thing[]): [Thing, () => void] | undefined => {
    const [first] = things;
    if (first === undefined || (things.length === 1 && !frozen())) return undefined;
    return [first, () => void things.splice(things.indexOf(first), 1)];
  };

  function create(kind: Kind, tag: string): Omit<WriteRequest, 'method' | 'kind' | 'tag'> | undefined {
    const tags = [tag];
    switch (kind) {
      case 'services':
        return { path: 'services', body: { name: tag, url: 'http://127.0.0.1:9/', tags }, accepted: nothing };
      case 'routes':
        return {
          path: 'routes',
          body: { name: tag, paths: [`/never/${tag}`], service: { id: stock.service.id }, tags },
          accepted: nothing,
        };
      case 'consumers':
        return { path: 'consumers', body: { username: tag, tags }, accepted: nothing };
      case 'credentials':
        return { path: `${stock.consumer.path}/key-auth`, body: { key: tag, tags }, accepted: nothing };
      case 'plugins': {
        const [service, accepted] = next(withoutPlugin) ?? [];
        if (service === undefined || accepted === undefined) return undefined;
        return { path: 'plugins', body: { name: 'correlation-id', service: { id: service.id }, tags }, accepted };
      }
    }
  }

  /** PUT of something new, but for plugins: there can be one per service only, so that what is there is put again. */
  function put(kind: Kind, tag: string): Omit<WriteRequest, 'method' | 'kind' | 'tag'> | undefined {
    if (kind === 'plugins')
      return { path: stock.kept.plugins.path, body: { name: 'correlation-id', tags: [tag] }, accepted: nothing };
    const made = create(kind, tag);
    return made && { ...made, path: `${made.path}/${randomUUID()}` };
  }

  function request(method: Method, kind: Kind): WriteRequest | undefined {
    if (method === 'DELETE') {
      const [thing, accepted] = next(doomed[kind]) ?? [];
      return thing && accepted && { method, kind, path: thing.path, accepted };
    }
    const tag = `write-${writer}-${(count += 1)}`;
    if (method === 'PATCH')
      return { method, kind, path: stock.kept[kind].path, tag, body: { tags: [tag] }, accepted: nothing };
    const made = method === 'POST' ? create(kind, tag) : put(kind, tag);
    return made && { method, kind, tag, ...made };
  }

  return () => {
    const step = turn++;
    const kind = KINDS[step % KINDS.length] ?? 'services';
    const method = METHODS[Math.floor(step / KINDS.length) % METHODS.length] ?? 'POST';
    return request(method, kind);
  };
}
