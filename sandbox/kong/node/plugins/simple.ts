import type { Json } from '../../schema/fields.ts';
import type { Plugin } from './plugin.ts';

/** Answers with a redirection instead of proxying. */
export function redirect(priority: number, config: Json): Plugin {
  return {
    name: 'redirect',
    priority,
    access: ({ path, query }) => {
      const rest = config['keep_incoming_path'] === true ? `${path}${query === '' ? '' : `?${query}`}` : '';
      const headers = { Location: `${String(config['location'])}${rest}` };
      return { status: config['status_code'] as number, body: 'redirecting', contentType: 'text/plain', headers };
    },
  };
}

/** Answers with a fixed status instead of proxying. */
export function requestTermination(priority: number, config: Json): Plugin {
  const body = config['body'];
  const message = config['message'];
  return {
    name: 'request-termination',
    priority,
    access: () => ({
      status: config['status_code'] as number,
      ...(typeof body === 'string' ? { body, contentType: String(config['content_type'] ?? 'application/json') } : {}),
      ...(typeof message === 'string' ? { message } : {}),
    }),
  };
}
