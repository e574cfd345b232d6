import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { CONTENT, freeze } from '../freeze/fixture.ts';
import { nodeAt, sideOf, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { migrateActivities } from '../migrate/fixture.ts';
import { copiesOf, type Copies } from './databases.ts';
import { endsAsWithout } from './ends-as-without.ts';

let kong: Kong;
let copies: Copies;
beforeAll(async () => {
  kong = await startKongDatabases();
  copies = await copiesOf(kong, '3.4.2', CONTENT);
});
afterAll(() => kong.stop());

const input = (database: DatabaseRef) => ({
  cluster: sideOf('3.9.1', [nodeAt('y1', '/nowhere', [1, 2, 3])]),
  database,
  upgrade: upgrade(),
});
const up = (database: DatabaseRef) => migrateActivities().migrateUp(input(database));
const finish = (database: DatabaseRef) => migrateActivities().migrateFinish(input(database));
const frozen = (database: DatabaseRef) => freeze.freezeConfiguration({ database, upgrade: upgrade() });

test('up', { timeout: 1_200_000 }, async () => {
  const lines = await endsAsWithout({ copies, begin: frozen, act: up });
  expect(lines.length).toBeGreaterThan(10);
});

test('finish', { timeout: 1_200_000 }, async () => {
  const begin = async (database: DatabaseRef): Promise<void> => {
    await frozen(database);
    await up(database);
  };
  const lines = await endsAsWithout({ copies, begin, act: finish });
  expect(lines.length).toBeGreaterThan(10);
});
