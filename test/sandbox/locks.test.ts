import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freePort, retryOnUsedPort } from '../../sandbox/free-port.ts';
import { tryHold, withLock } from '../../sandbox/machine-lock.ts';
import { waitFor } from '../../sandbox/wait-for.ts';

const source = (name: string) => JSON.stringify(fileURLToPath(new URL(`../../sandbox/${name}`, import.meta.url)));

/** A process of its own that runs this code, prints, and stays. */
function otherProcess(code: string) {
  return spawn(process.execPath, ['--input-type=module-typescript', '-e', `${code}; setInterval(() => {}, 1e6);`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

test('a lock is held by one process, and free as soon as that is killed', async () => {
  const name = `test/${process.pid}`;
  const holder = otherProcess(
    `import { tryHold } from ${source('machine-lock.ts')}; await tryHold('${name}'); console.log('held')`,
  );
  await once(holder.stdout, 'data');
  expect(await tryHold(name)).toBeUndefined();
  let wasBusy = false;
  const work = withLock(
    name,
    10_000,
    () => (wasBusy = true),
    () => Promise.resolve('done'),
  );
  await waitFor('the lock is busy', () => wasBusy);
  holder.kill('SIGKILL');
  expect(await work).toBe('done');
});

test('two processes never get the same port', async () => {
  const asksToo = otherProcess(`import { freePort } from ${source('free-port.ts')};
    console.log(JSON.stringify(await Promise.all(Array.from({ length: 300 }, freePort))))`);
  const mine = await Promise.all(Array.from({ length: 300 }, freePort));
  const [printed] = (await once(asksToo.stdout, 'data')) as [Buffer];
  const all = [...mine, ...(JSON.parse(printed.toString()) as number[])];
  asksToo.kill('SIGKILL');
  expect(new Set(all).size).toBe(600);
  expect(Math.max(...all)).toBeLessThan(32_768);
});

test('a server whose port was taken meanwhile is started again on another one', async () => {
  const taken = createServer().listen(await freePort(), '127.0.0.1');
  await once(taken, 'listening');
  const ports = [(taken.address() as { port: number }).port, await freePort()];
  const listen = async () => {
    const server = createServer().listen(ports.shift(), '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  const started = await retryOnUsedPort(listen);
  expect(ports).toEqual([]);
  started.close();
  taken.close();
});
