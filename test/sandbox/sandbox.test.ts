import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { startSandbox } from '../../sandbox/index.ts';
import { processWithPid } from '../../sandbox/proc.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { isListening, portOf } from './ports.ts';
import { tempFolder } from './temp-folder.ts';

let dir = '';
beforeEach(() => makeFolder((dir = tempFolder())));
afterEach(async () => void (await removeFolder(dir)));

function run(path: string, ...args: string[]): ChildProcess & { printed(): string } {
  const file = fileURLToPath(new URL(path, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer) => void (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return Object.assign(child, { printed: () => output });
}

async function endCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

test('after a kill -9 of its process, the next one in the same folder ends what it left and works', async () => {
  const killed = run('start-sandbox.ts', dir);
  const started = await waitFor('the sandbox is up', () => /^\{.*\}$/m.exec(killed.printed())?.[0], {
    timeoutMs: 150_000,
  });
  const { pids, postgresPort } = JSON.parse(started) as { pids: number[]; postgresPort: number };
  killed.kill('SIGKILL');
  await endCode(killed);
  expect(pids.map((pid) => processWithPid(pid)?.pid)).toEqual(pids);
  expect(await isListening(postgresPort)).toBe(true);

  const sandbox = await startSandbox({ dir });
  expect(pids.filter((pid) => processWithPid(pid) !== undefined)).toEqual([]);
  expect(await isListening(postgresPort)).toBe(false);
  expect(await sandbox.postgres.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect((await fetch(sandbox.upstream.url)).status).toBe(200);

  await sandbox.stop();
  const ports = [
    sandbox.postgres.port,
    sandbox.upstream.port,
    ...[sandbox.temporal.address, sandbox.temporal.ui, sandbox.s3.endpoint].map(portOf),
  ];
  expect(await Promise.all(ports.map(isListening))).toEqual(ports.map(() => false));
});

test('npm run sandbox: prints what to use, and a signal stops everything', async () => {
  const main = run('../../sandbox/main.ts', 'up', dir);
  await waitFor('it is up', () => main.printed().includes('Ctrl-C stops everything'), { timeoutMs: 150_000 });
  const variables = readFileSync(join(dir, 'env.sh'), 'utf8');
  const port = Number(/KONG_PG_PORT='(\d+)'/.exec(variables)?.[1]);
  expect(variables).toMatch(/TEMPORAL_ADDRESS='127\.0\.0\.1:\d+'/);
  expect(main.printed()).toMatch(/^PostgreSQL: \d+\.\d s$/m);
  expect(await isListening(port)).toBe(true);
  main.kill('SIGINT');
  main.kill('SIGINT');
  expect(await endCode(main)).toBe(0);
  expect(await isListening(port)).toBe(false);
});

test('npm run sandbox -- down ends a sandbox that was killed, and says so', async () => {
  const main = run('../../sandbox/main.ts', 'up', dir);
  await waitFor('it is up', () => main.printed().includes('Ctrl-C stops everything'), { timeoutMs: 150_000 });
  main.kill('SIGKILL');
  await endCode(main);
  const down = run('../../sandbox/main.ts', 'down', dir);
  expect(await endCode(down)).toBe(0);
  await waitFor('it says what it ended', () => /^Ended: .*postgres/m.test(down.printed()));
  const again = run('../../sandbox/main.ts', 'down', dir);
  expect(await endCode(again)).toBe(0);
  await waitFor('it says that nothing ran', () => again.printed().includes('Nothing was running.'));
});
