import { expect, test } from 'vitest';
import { runCommand } from '../../src/adapters/process/index.ts';
import { groupMembers, processWithPid } from '../../sandbox/proc.ts';

const env = { PATH: process.env['PATH'] ?? '' };
const timeout = 20_000;

test('gives the exit code and both texts, and each line as it comes', async () => {
  const lines: string[] = [];
  const script = 'echo one; echo two >&2; printf three; exit 7';
  const result = await runCommand(['sh', '-c', script], { env, timeout, onLine: (line) => lines.push(line) });
  expect(result).toEqual({ exitCode: 7, stdout: 'one\nthree', stderr: 'two\n', timedOut: false });
  expect(lines.sort()).toEqual(['one', 'three', 'two']);
});

test('nothing of the own environment is passed on, and no shell reads the arguments', async () => {
  process.env['CROSSFADE_TEST_SECRET'] = 'secret';
  const result = await runCommand(['env'], { env: { ...env, GIVEN: '$HOME; exit 3' }, timeout });
  expect(result.stdout.split('\n').filter((line) => !line.startsWith('PATH='))).toEqual(['GIVEN=$HOME; exit 3', '']);
});

test('a program that is not there', async () => {
  await expect(runCommand(['/no/such/kong', 'version'], { env, timeout })).rejects.toMatchObject({
    code: 'ProgramMissing',
    message: expect.stringContaining('/no/such/kong'),
  });
});

// A grandchild that ignores TERM, as the real work of a migration may; it says who it is.
const STUBBORN = ['sh', '-c', `sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' & wait`];

test('a time-out ends the whole group', async () => {
  const pids: number[] = [];
  const onLine = (line: string) => pids.push(Number(line));
  // On a machine that is busy with something else the grandchild may not be there yet.
  for (let timeout = 300; pids.length === 0; timeout *= 4) {
    const result = await runCommand(STUBBORN, { env, timeout, onLine });
    expect(result).toMatchObject({ exitCode: undefined, timedOut: true });
  }
  expect(pids).toHaveLength(1);
  expect(processWithPid(pids[0] as number)).toBeUndefined();
});

test('a cancellation ends the whole group before it is passed on', async () => {
  const controller = new AbortController();
  const pids: number[] = [];
  const running = runCommand(STUBBORN, {
    env,
    timeout,
    signal: controller.signal,
    onLine(line) {
      pids.push(Number(line));
      controller.abort(new Error('cancelled by the test'));
    },
  });
  await expect(running).rejects.toThrow('cancelled by the test');
  expect(processWithPid(pids[0] as number)).toBeUndefined();
});

test('when somebody kills the first process only, the rest is ended too', async () => {
  const script = `echo $$; sh -c 'sleep 30; echo survived' & wait`;
  let group = 0;
  const running = runCommand(['sh', '-c', script], {
    env,
    timeout,
    onLine(line) {
      group = Number(line);
      process.kill(group, 'SIGKILL');
    },
  });
  expect((await running).exitCode).toBeUndefined();
  expect(groupMembers(group)).toEqual([]);
});

test('a daemon in a session of its own that keeps the pipes outlives the command, and is not waited for', async () => {
  // It is in a session of its own before the command ends: else it is a part of the command, and ended with it.
  const session = `$(cut -d ' ' -f 6 "/proc/$!/stat")`;
  const script = `setsid sleep 300 & until [ "${session}" = "$!" ]; do sleep 0.01; done; echo $!`;
  const result = await runCommand(['sh', '-c', script], { env, timeout });
  expect(result).toMatchObject({ exitCode: 0, timedOut: false });
  const pid = Number(result.stdout);
  expect(processWithPid(pid)).toBeDefined();
  process.kill(pid, 'SIGKILL');
});
