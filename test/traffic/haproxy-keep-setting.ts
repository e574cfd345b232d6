// Sets weights as fast as it can, until it is killed: `node haproxy-keep-setting.ts SOCKET STATE-FILE EPOCH`
import { haproxyEntry, routerFor } from './haproxy-setup.ts';
import { upgrade } from './setup.ts';

const [socket = '', stateFile = '', first = '1'] = process.argv.slice(2);
const router = routerFor(haproxyEntry({ socket, stateFile }));
const weights = [0, 5, 25, 50, 100];
for (let epoch = Number(first); ; epoch++) {
  await router.set({ upgrade: upgrade('killed'), weight: weights[epoch % weights.length] ?? 0, epoch });
  if (epoch === Number(first)) console.log('running');
}
