import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createCommandRouter } from '../../src/adapters/traffic/command/router.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { upgrade } from './setup.ts';

/** The example that people start from, as it stands. */
export const PROGRAM = fileURLToPath(new URL('../../examples/traefik.py', import.meta.url));

export const mine = upgrade('mine');

type Programs = Partial<EntryVia<'command'>>;

/** `api`: where Traefik's own API is. */
export const traefik = (file: string, api: string, others: Programs = {}): EntryVia<'command'> => ({
  via: 'command',
  read: [PROGRAM, file, 'read'],
  set: [PROGRAM, file, 'set'],
  out: [PROGRAM, file, 'out', '--api', api],
  in: [PROGRAM, file, 'in', '--api', api],
  verify: [PROGRAM, file, 'verify', '--api', api],
  ...others,
});

/** The API of a Traefik that reads the file: as version 3.7 answers, and as late as it is told to be. */
export interface TraefikApi {
  readonly url: string;
  /** Answers that showed something else than the file had by then. */
  late(): number;
  /** From now on it goes by the file as it is at this moment. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

export async function startTraefikApi(file: string): Promise<TraefikApi> {
  let frozen: string | undefined;
  let late = 0;
  const read = () => readFileSync(file, 'utf8');
  const server = createServer(({ url = '' }, response) => {
    const [, name = ''] = /^\/api\/http\/services\/(.+)@file$/.exec(url) ?? [];
    const config = frozen ?? read();
    if (config !== read()) late += 1;
    const { services } = (JSON.parse(config.slice(config.indexOf('\n'))) as Traefik).http;
    if (name in services) response.end(JSON.stringify({ ...services[name], status: 'enabled', name: `${name}@file` }));
    else response.writeHead(404).end(`{"message":"service not found: ${name}@file"}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    late: () => late,
    freeze: () => void (frozen = read()),
    thaw: () => void (frozen = undefined),
    async stop() {
      server.close();
      await once(server, 'close');
    },
  };
}

interface Traefik {
  readonly http: { readonly services: Readonly<Record<string, object>> };
}

export const prepare = (file: string): unknown => JSON.parse(execFileSync(PROGRAM, [file, 'prepare']).toString());

export const commandRouter = (entry: EntryVia<'command'>, limit?: number): TrafficRouter =>
  createCommandRouter(
    entry,
    { name: 'edge' },
    {
      secrets: { redact: (text) => text.replaceAll('hunter2', '***') },
      environment: { PATH: process.env['PATH'] ?? '' },
      ...(limit === undefined ? {} : { limit }),
    },
  );
