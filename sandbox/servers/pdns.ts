import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from '../folder.ts';
import { freePort, retryOnUsedPort } from '../free-port.ts';
import { PDNS_SCHEMA } from '../install/find.ts';
import { installTools } from '../install/index.ts';
import { startProcess, type RunningProcess } from '../processes.ts';

export interface PdnsOptions {
  /** Its folder, emptied at the start. */
  readonly dir: string;
  /** What `X-API-Key` must be. */
  readonly key: string;
  /** `enable-lua-records`; yes, if left out. */
  readonly lua?: boolean;
}

export interface Pdns {
  /** The address of its HTTP API, without `/api/v1`. */
  readonly api: string;
  /** Where it answers DNS, `host:port`. */
  readonly dns: string;
  /** A request to the API below `/api/v1/servers/localhost`: GET, or with a body PATCH unless another method is given. Throws if it fails. */
  request(path: string, body?: unknown, method?: string): Promise<unknown>;
  /** Makes a zone without records. */
  createZone(zone: string): Promise<void>;
  /** Stops it and starts it again on the same ports, with the same records. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts PowerDNS as an authoritative server with its records in SQLite, without touching the machine's own. */
export async function startPdns({ dir, key, lua = true }: PdnsOptions): Promise<Pdns> {
  const { pdns: command } = await installTools(['pdns']);
  await makeFolder(dir);
  const records = new DatabaseSync(join(dir, 'records.sqlite'));
  records.exec(readFileSync(PDNS_SCHEMA, 'utf8'));
  records.close();
  let ports = { dns: 0, api: 0 };
  const launch = async () => {
    const running = await startProcess({ dir, name: 'pdns', command, args: [`--config-dir=${dir}`] });
    await ready(running, ports.api, key);
    return running;
  };
  let running = await retryOnUsedPort(async () => {
    ports = { dns: await freePort(), api: await freePort() };
    writeFileSync(join(dir, 'pdns.conf'), config(dir, ports, key, lua), { mode: 0o600 });
    return launch();
  });
  const api = `http://127.0.0.1:${ports.api}`;

  async function request(
    path: string,
    body?: unknown,
    method = body === undefined ? 'GET' : 'PATCH',
  ): Promise<unknown> {
    const headers = { 'X-API-Key': key };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${api}/api/v1/servers/localhost${path}`, { method, headers, ...sent });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} of PowerDNS: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  return {
    api,
    dns: `127.0.0.1:${ports.dns}`,
    request,
    createZone: async (zone) =>
      void (await request('/zones', { name: `${zone}.`, kind: 'Native', nameservers: [`ns.${zone}.`] }, 'POST')),
    async restart() {
      await running.stop();
      running = await launch();
    },
    stop: () => running.stop(),
  };
}

async function ready(running: RunningProcess, port: number, key: string): Promise<void> {
  const headers = { 'X-API-Key': key };
  try {
    await running.waitUntil('PowerDNS answers', async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/servers/localhost`, { headers }).catch(
        () => undefined,
      );
      return answer?.ok === true && running.log().includes('ready to distribute questions');
    });
  } catch (error) {
    await running.stop();
    throw error;
  }
}

function config(dir: string, ports: { dns: number; api: number }, key: string, lua: boolean): string {
  return `launch=gsqlite3
gsqlite3-database=${dir}/records.sqlite
socket-dir=${dir}
local-address=127.0.0.1
local-port=${ports.dns}
webserver=yes
webserver-address=127.0.0.1
webserver-port=${ports.api}
webserver-allow-from=127.0.0.1
api=yes
api-key=${key}
enable-lua-records=${lua ? 'yes' : 'no'}
primary=yes
secondary=yes
xfr-cycle-interval=3600
security-poll-suffix=
guardian=no
daemon=no
disable-syslog=yes
`;
}
