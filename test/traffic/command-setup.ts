import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createCommandRouter } from '../../src/adapters/traffic/command/router.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { upgrade } from './setup.ts';

/** The example that people start from, as it stands. */
export const PROGRAM = fileURLToPath(new URL('../../examples/traefik.py', import.meta.url));

export const mine = upgrade('mine');

type Programs = Partial<EntryVia<'command'>>;

export const traefik = (file: string, others: Programs = {}): EntryVia<'command'> => ({
  via: 'command',
  read: [PROGRAM, file, 'read'],
  set: [PROGRAM, file, 'set'],
  out: [PROGRAM, file, 'out'],
  in: [PROGRAM, file, 'in'],
  ...others,
});

export const prepare = (file: string): unknown => JSON.parse(execFileSync(PROGRAM, [file, 'prepare']).toString());

export const commandRouter = (entry: EntryVia<'command'>, limit?: number): TrafficRouter =>
  createCommandRouter(
    entry,
    { name: 'edge' },
    {
      secrets: { redact: (text) => text.replaceAll('hunter2', '***') },
      environment: { PATH: process.env['PATH'] ?? '' },
      ...(limit === undefined ? {} : { limit }),
    },
  );
