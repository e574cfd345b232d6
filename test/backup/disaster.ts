import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { createS3Client } from '../../src/adapters/object-store/client.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { secrets, store, type Servers } from './fixture.ts';
import type { Errand, Outcome } from './mortal-worker.ts';
import type { Stop } from './stopping.ts';

const WORKER = fileURLToPath(new URL('mortal-worker.ts', import.meta.url));

/** Starts a worker that stops in the middle of its errand, kills it there, and returns what it has reported. */
export async function killWorker(errand: Errand & { readonly stop: Stop }): Promise<unknown[]> {
  const { reports, stopped } = await work(errand);
  if (!stopped) throw new Error(`The worker came to its end: ${JSON.stringify(reports.at(-1))}`);
  return reports;
}

/** Starts a worker for one errand and waits for its end. */
export async function letWork(errand: Errand): Promise<Outcome & { readonly reports: readonly unknown[] }> {
  const { reports } = await work(errand);
  return { ...(reports.at(-1) as Outcome), reports: reports.slice(0, -1) };
}

async function work(errand: Errand): Promise<{ reports: unknown[]; stopped: boolean }> {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(errand)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const reports: unknown[] = [];
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += String(text)));
  const exit = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    const report: unknown = JSON.parse(line);
    if (report !== 'stopped') reports.push(report);
    else {
      child.kill('SIGKILL');
      await exit;
      return { reports, stopped: true };
    }
  }
  const [code] = (await exit) as [number | null];
  if (code !== 0) throw new Error(`The worker failed: ${errors}`);
  return { reports, stopped: false };
}

/** What a disaster may have left: uploads, sessions and programs at work, scratch databases. */
export interface Left {
  readonly uploads: readonly string[];
  readonly sessions: readonly string[];
  readonly databases: readonly string[];
  readonly programs: readonly string[];
}

export const NOTHING: Left = { uploads: [], sessions: [], databases: [], programs: [] };

export async function whatIsLeft(servers: Servers): Promise<Left> {
  const { postgres } = servers.kong;
  const names = async (query: string) => (await postgres.query(query, 'postgres')).map((row) => String(row['name']));
  return {
    uploads: await uploads(servers),
    sessions: await names(
      `SELECT application_name AS name FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    ),
    databases: await names("SELECT datname AS name FROM pg_database WHERE datname LIKE 'crossfade%'"),
    programs: programsOf(postgres.port).map(({ name }) => name),
  };
}

/** Waits for what is just ending, and returns what stays. */
export async function whatStays(servers: Servers): Promise<Left> {
  let left = await whatIsLeft(servers);
  const gone = async () => Object.values((left = await whatIsLeft(servers))).every((one: string[]) => one.length === 0);
  await waitFor('nothing is left', gone, { everyMs: 100 }).catch(() => undefined);
  return left;
}

async function uploads({ ref }: Servers): Promise<string[]> {
  const client = createS3Client(secrets, ref);
  try {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: ref.bucket }));
    return Uploads.map(({ Key = '' }) => Key);
  } finally {
    client.destroy();
  }
}

/** Programs of PostgreSQL that are at work for a server: they know its port from their environment. */
export function programsOf(port: number): { pid: number; name: string }[] {
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && read(pid, 'environ').split('\0').includes(`PGPORT=${port}`))
    .map((pid) => ({ pid: Number(pid), name: read(pid, 'comm').trim() }));
}

/** Keys of all objects of a backup, below its folder. */
export async function keysBelow({ ref }: Servers, folder: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(ref, folder)) keys.push(key.slice(folder.length));
  return keys;
}
