import { afterAll, beforeAll } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { driverCases } from './driver-cases.ts';
import { startBalanced, type Balanced } from './haproxy-setup.ts';

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

driverCases('haproxy', {
  router: () => balanced.router(),
  weights: [1, 5, 25, 50, 100],
  node: 'y1',
  async restart() {
    await balanced.haproxy.stop();
    await balanced.haproxy.start();
  },
  async foreign(weight) {
    const lines = ['x1', 'x2'].map((name) => `set weight kong/${name} ${100 - weight}`);
    lines.push(...['y1', 'y2'].map((name) => `set weight kong/${name} ${weight}`));
    await balanced.haproxy.ask(lines.join(';'));
  },
  runs: 40,
});
