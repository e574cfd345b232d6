import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { startBalanced, type Balanced } from './haproxy-setup.ts';
import { shiftUnderLoad } from './under-load.ts';

let dir = '';
let balanced: Balanced;
beforeAll(async () => {
  await makeFolder((dir = tempFolder()));
  balanced = await startBalanced(dir);
});
afterAll(async () => {
  await balanced.stop();
  await removeFolder(dir);
});

test('a whole shift and a rolling reload of Y under 70 % load: no request is lost, and no connection is closed', async () => {
  const { port, nodes } = balanced;
  const router = balanced.router();
  const idleClosed = await shiftUnderLoad({ port, router, weights: [5, 25, 50, 100], y: [nodes.y1, nodes.y2] });
  expect(idleClosed).toBe(0);
});
