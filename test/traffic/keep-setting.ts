// Sets weights as fast as it can, until it is killed: `node keep-setting.ts DIRECTORY EPOCH`
import { entryAt, planFor, routerOf, upgrade } from './setup.ts';

const [directory = '', first = '1'] = process.argv.slice(2);
const nodes = (...names: string[]) => names.map((name) => ({ name, port: 1 }));
const router = routerOf(planFor(entryAt(directory), nodes('x1', 'x2'), nodes('y1', 'y2')));
const weights = [0, 5, 25, 50, 100];
for (let epoch = Number(first); ; epoch++) {
  await router.set({ upgrade: upgrade('killed'), weight: weights[epoch % weights.length] ?? 0, epoch });
  if (epoch === Number(first)) console.log('running');
}
