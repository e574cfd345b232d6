import { randomUUID } from 'node:crypto';
import type { Json } from '../../schema/fields.ts';
import type { Plugin } from './plugin.ts';

const worker = randomUUID();
let counter = 0;

/** Gives each request an id in a header, unless the client sent one. */
export function correlationId(priority: number, config: Json): Plugin {
  const header = config['header_name'] as string;
  const make = config['generator'] === 'uuid#counter' ? () => `${worker}#${++counter}` : () => randomUUID();
  return {
    name: 'correlation-id',
    priority,
    access({ request, upstreamHeaders, responseHeaders }) {
      const given = request.headers[header.toLowerCase()];
      const id = typeof given === 'string' && given !== '' ? given : make();
      upstreamHeaders[header] = id;
      if (config['echo_downstream'] === true) responseHeaders[header] = id;
      return undefined;
    },
  };
}
