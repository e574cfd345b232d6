import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { weightMarker } from '../../src/adapters/traffic/nginx/layout.ts';
import { currentLink } from '../../src/adapters/traffic/nginx/layout.ts';
import { runningNodes } from '../../sandbox/demo/kong.ts';
import type { Stand } from '../support/stand.ts';

/** Proves that an upgrade did what it should, whoever made it: both sides of the comparison must have done the same work. */
export async function requireUpgraded({ dir, places, sandbox }: Stand): Promise<void> {
  const { postgres } = sandbox;
  const running = runningNodes(dir).map(({ name }) => name);
  const [row] = await postgres.query(
    `SELECT (SELECT count(*) FROM schema_meta WHERE cardinality(pending) > 0)::int AS pending,
            (SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'crossfade%')::int AS guards,
            (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'crossfade%')::int AS roles,
            (SELECT count(*) FROM crossfade.seal WHERE closed_at IS NOT NULL)::int AS seals,
            (SELECT count(*) FROM pg_database WHERE datname LIKE 'crossfade%')::int AS copies`,
  );
  const found = {
    ...row,
    running: running.join(' '),
    allOnY: existsSync(join(currentLink(places.traffic), weightMarker(100))),
  };
  const expected = { pending: 0, guards: 0, roles: 0, seals: 1, copies: 0, running: 'y1 y2', allOnY: true };
  if (JSON.stringify(found) === JSON.stringify(expected)) return;
  throw new Error(`After the upgrade: ${JSON.stringify(found)}; expected: ${JSON.stringify(expected)}.`);
}
