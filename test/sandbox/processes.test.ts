import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { groupMembers, parseStat } from '../../sandbox/proc.ts';
import { endRecorded, startProcess } from '../../sandbox/processes.ts';
import { tempFolder } from './temp-folder.ts';

let dir = '';
beforeEach(() => makeFolder((dir = tempFolder())));
afterEach(async () => void (await removeFolder(dir)));

const shell = (script: string) => startProcess({ dir, name: 'test', command: '/bin/sh', args: ['-c', script] });

test('a program that ignores the request to end is killed, with what it has started', async () => {
  const running = await shell(`trap '' INT; sleep 1000 & echo started; wait; wait`);
  await running.waitUntil('it has started', () => running.log().includes('started'));
  expect(groupMembers(running.pid)).toHaveLength(2);
  await running.stop(200);
  expect(groupMembers(running.pid)).toEqual([]);
  await running.stop();
});

test('waiting for a program that ends fails at once, with what it printed', async () => {
  const running = await shell('echo the reason; exit 3');
  await expect(running.waitUntil('it serves', () => false)).rejects.toThrow(
    /test ended by itself .* it serves\.\nthe reason/,
  );
});

test('waiting too long fails with what it printed and the last error', async () => {
  const running = await shell('echo not yet; exec sleep 1000');
  const fail = () => {
    throw new Error('refused');
  };
  await running.waitUntil('it prints', () => running.log().includes('not yet'));
  await expect(running.waitUntil('it serves', fail, { timeoutMs: 100 })).rejects.toThrow(
    /it serves: not within 0\.1 s\. Last error: refused\nEnd of .*\nnot yet/,
  );
});

test('a recorded pid that belongs to a later process by now is left alone', async () => {
  const bystander = await shell('exec sleep 1000');
  const record = `${bystander.pid} (gone) S 1 ${bystander.pid} ${'0 '.repeat(16)}12345 0 0\n`;
  expect(parseStat(record)).toMatchObject({ pid: bystander.pid, startTime: '12345' });
  mkdirSync(join(dir, 'other/processes'), { recursive: true });
  writeFileSync(join(dir, 'other/processes/gone'), record);
  expect(await endRecorded(join(dir, 'other'))).toEqual([]);
  expect(bystander.isRunning()).toBe(true);
});

test('what a killed process has left is ended by its record, once', async () => {
  const left = await shell('exec sleep 1000');
  expect(await endRecorded(dir)).toEqual(['test']);
  expect(left.isRunning()).toBe(false);
  expect(await endRecorded(dir)).toEqual([]);
});

test('a folder with anything but a sandbox in it is never deleted', async () => {
  const precious = join(dir, 'precious');
  mkdirSync(precious);
  writeFileSync(join(precious, 'file'), '');
  await expect(makeFolder(precious)).rejects.toThrow(/is not a folder of the sandbox/);
});
