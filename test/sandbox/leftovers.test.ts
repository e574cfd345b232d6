import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { startProcess } from '../../sandbox/processes.ts';
import { endLeftover, leftovers } from '../leftovers.ts';
import { tempFolder } from './temp-folder.ts';

let dir = '';
beforeEach(() => makeFolder((dir = tempFolder())));
afterEach(async () => void (await removeFolder(dir)));

test('a server of the sandbox is found by the journal, also when it has wiped its environment', async () => {
  const journal = join(dir, 'journal');
  const args = ['-c', 'exec env -i sleep 1000'];
  const env = { CROSSFADE_PROCESS_JOURNAL: journal };
  const server = await startProcess({ dir, name: 'server', command: '/bin/sh', args, env });
  expect(leftovers(journal).map(({ pid }) => pid)).toEqual([server.pid]);
  await server.stop();
  expect(leftovers(journal)).toEqual([]);
});

test('any other descendant of a test run is found by its environment, and named when it is ended', async () => {
  const journal = join(dir, 'journal');
  const env = { ...process.env, CROSSFADE_PROCESS_JOURNAL: journal };
  const child = spawn('sleep', ['1000'], { stdio: 'ignore', env });
  await once(child, 'spawn');
  const found = leftovers(journal);
  expect(found.map(({ pid }) => pid)).toEqual([child.pid]);
  expect(found.map(endLeftover)).toEqual([`pid ${child.pid}: sleep 1000`]);
  await once(child, 'exit');
  expect(leftovers(journal)).toEqual([]);
});
