// Sets one weight by the user's programs, and says what was read back: `node command-worker.ts ENTRY WEIGHT EPOCH`
import { commandRouter, mine } from './command-setup.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';

const [entry = '', weight, epoch] = process.argv.slice(2);
const router = commandRouter(JSON.parse(entry) as EntryVia<'command'>);
console.log('running');
console.log(JSON.stringify(await router.set({ upgrade: mine, weight: Number(weight), epoch: Number(epoch) })));
