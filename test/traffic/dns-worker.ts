// Sets one weight and says what was read back: `node dns-worker.ts ENTRY WEIGHT EPOCH`, with the secrets in its environment.
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import type { Entry } from '../../src/domain/plan/index.ts';
import { upgrade } from './setup.ts';

const [entry = '', weight, epoch] = process.argv.slice(2);
const create = createTrafficRouter({
  secrets: createSecrets(process.env),
  environment: { PATH: process.env['PATH'] ?? '' },
});
const nodes = { x: ['x1'], y: ['y1'] };
const router = create({ name: 'dns', entry: JSON.parse(entry) as Entry, weights: [25, 50, 100], nodes });
console.log(
  JSON.stringify(await router.set({ upgrade: upgrade('mine'), weight: Number(weight), epoch: Number(epoch) })),
);
