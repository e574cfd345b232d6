import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';

export interface Entity {
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface AdminOptions {
  readonly 'kong-addr': string;
  /** A file of settings (JSON here, which is YAML as well). */
  readonly config?: string | undefined;
  /** Milliseconds for one answer. */
  readonly timeout: number;
  readonly 'ca-cert-file'?: string | undefined;
  readonly 'tls-client-cert-file'?: string | undefined;
  readonly 'tls-client-key-file'?: string | undefined;
}

export type Admin = ReturnType<typeof openAdmin>;

/** The Admin API as decK reads it: headers from its settings or from DECK_HEADERS, split at spaces; lists page by page. */
export function openAdmin(options: AdminOptions) {
  const { 'kong-addr': address, timeout } = options;
  const headers = headersFrom(options.config);
  const file = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path, 'utf8'));
  const [ca, cert, key] = [
    file(options['ca-cert-file']),
    file(options['tls-client-cert-file']),
    file(options['tls-client-key-file']),
  ];
  const connect = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  const dispatcher = new Agent({ connect, pipelining: 0 });

  async function get(path: string): Promise<{ status: number; text: string }> {
    const answer = await request(`${address}${path}`, { headers, dispatcher, signal: AbortSignal.timeout(timeout) });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  async function json(path: string, doing: string): Promise<unknown> {
    const { status, text } = await get(path);
    if (status !== 200) throw new Error(`${doing}: HTTP status ${status} (message: "${text}")`);
    return JSON.parse(text);
  }

  return {
    async kongVersion(): Promise<string> {
      return ((await json('/', 'reading Kong version')) as { version: string }).version;
    },
    async workspaceExists(name: string): Promise<boolean> {
      return (await get(`/workspaces/${encodeURIComponent(name)}`)).status === 200;
    },
    async list(workspace: string | undefined, kind: string): Promise<Entity[]> {
      const found: Entity[] = [];
      const base = workspace === undefined ? '' : `/${encodeURIComponent(workspace)}`;
      for (let path: string | null = `/${kind}?size=1000`; path !== null;) {
        const page = (await json(`${base}${path}`, `reading configuration from Kong: ${kind}`)) as {
          data: Entity[];
          next: string | null;
        };
        found.push(...page.data);
        path = page.next;
      }
      return found;
    },
  };
}

function headersFrom(config: string | undefined): Record<string, string> {
  const all =
    config === undefined
      ? (process.env['DECK_HEADERS'] ?? '').split(/\s+/).filter((header) => header !== '')
      : (JSON.parse(readFileSync(config, 'utf8')) as { headers: string[] }).headers;
  return Object.fromEntries(
    all.map((header) => {
      const colon = header.indexOf(':');
      return [header.slice(0, colon), header.slice(colon + 1)];
    }),
  );
}
