import { argv } from 'node:process';
import { createRoute53Router } from '../../src/adapters/traffic/route53/router.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { upgrade } from './setup.ts';

// A worker that sets one weight, and is killed by the test meanwhile.
const [, , entry = '', weight, epoch] = argv;
const router = createRoute53Router(JSON.parse(entry) as EntryVia<'route53'>, new Map());
await router.set({ upgrade: upgrade('killed'), weight: Number(weight), epoch: Number(epoch), expected: 0 });
