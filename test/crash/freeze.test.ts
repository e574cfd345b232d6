import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { CONTENT, freeze, startKongDatabases, upgrade, type Kong } from '../freeze/fixture.ts';
import { copiesOf, type Copies } from './databases.ts';
import { endsAsWithout } from './ends-as-without.ts';

let kong: Kong;
let copies: Copies;
beforeAll(async () => {
  kong = await startKongDatabases();
  copies = await copiesOf(kong, '3.4.2', CONTENT);
});
afterAll(() => kong.stop());

const freezeAll = async (database: DatabaseRef): Promise<void> => {
  await freeze.freezeConfiguration({ database, upgrade: upgrade() });
  await freeze.takeBaseline({ database, upgrade: upgrade(), label: 'freeze' });
};

test('freeze', { timeout: 900_000 }, async () => {
  const lines = await endsAsWithout({ copies, begin: () => Promise.resolve(), act: freezeAll });
  expect(lines.length).toBeGreaterThan(10);
});

test('thaw', { timeout: 900_000 }, async () => {
  const act = (database: DatabaseRef) => freeze.thawConfiguration({ database, upgrade: upgrade() });
  const lines = await endsAsWithout({ copies, begin: freezeAll, act });
  expect(lines.length).toBeGreaterThan(10);
});
