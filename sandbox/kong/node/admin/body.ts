import type { IncomingMessage } from 'node:http';
import type { Json } from '../../schema/fields.ts';
import { ApiError } from './errors.ts';

const MAX = 10 * 1024 * 1024;

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX) throw new ApiError(413, { message: 'request body too large' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Puts `config.redis.host=x`, `paths[]=/a` and `paths[1]=/a` where they belong. */
function place(target: Json, name: string, value: string): void {
  const steps = name.replaceAll(/\[(\d*)\]/g, '.[$1').split('.');
  let at = target;
  for (const [i, step] of steps.entries()) {
    const next = steps[i + 1];
    if (next?.startsWith('[') === true) {
      const list = (at[step] ??= []) as unknown[];
      list.push(value);
      return;
    }
    if (next === undefined) at[step] = value;
    else at = (at[step] ??= {}) as Json;
  }
}

/** The fields that a client sent, as JSON or as a form. Throws {@link ApiError}. */
export async function readBody(request: IncomingMessage): Promise<Json> {
  const text = await readText(request);
  if (text === '') return {};
  if ((request.headers['content-type'] ?? '').includes('json')) {
    try {
      const parsed = JSON.parse(text) as unknown;
      if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Json;
    } catch {
      // Same answer as for JSON that is no object.
    }
    throw new ApiError(400, { message: 'Cannot parse JSON body' });
  }
  const fields: Json = {};
  for (const [name, value] of new URLSearchParams(text)) place(fields, name, value);
  return fields;
}
