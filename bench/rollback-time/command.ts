import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import { byDriver, WEIGHTS } from '../shift/arms.ts';
import { cycle, rollBackFrom, type Measured } from './rollback.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/traefik.py', import.meta.url));

/** The program of the examples, which writes a file for Traefik. Traefik itself is not there. */
export async function measureCommand(dir: string, count: number): Promise<Measured> {
  const file = join(dir, 'kong.yml');
  execFileSync(PROGRAM, [file, 'prepare']);
  const create = createTrafficRouter({
    secrets: createSecrets({}),
    environment: { PATH: process.env['PATH'] ?? '' },
  });
  const entry = { via: 'command', read: [PROGRAM, file, 'read'], set: [PROGRAM, file, 'set'] } as const;
  const router = create({
    ...{ name: 'edge', weights: WEIGHTS, nodes: { x: [], y: [] } },
    entry: { ...entry, read: [...entry.read], set: [...entry.set] },
  });
  const rollbacks = await rollBackFrom(byDriver(router), cycle(WEIGHTS, count), { before: 0, after: 0 });
  return { name: "the user's own program (examples/traefik.py)", rollbacks };
}
