import { expect, test } from 'vitest';
import type { FreezeState } from '../../src/domain/configuration.ts';
import { databaseAdmin, noEarlierUpgrade } from '../../src/domain/rules/index.ts';

const upgrade = { runId: 'this' };
const thawed: FreezeState = {
  frozen: false,
  guardedTables: 0,
  unknownTables: [],
  unguardedTables: [],
  nodeWriters: [],
};
const frozenBy = (runId: string): FreezeState => ({ ...thawed, frozen: true, runId, workflowId: 'kong/payments' });
const sealOf = (runId: string, closed: boolean) => ({ runId, workflowId: 'kong/payments', closed });

test.each([
  ['nothing is there', undefined, thawed, 'pass'],
  ['an earlier upgrade ended', sealOf('other', true), thawed, 'pass'],
  ['this upgrade froze it', undefined, frozenBy('this'), 'pass'],
  ['the seal of another is open', sealOf('other', false), thawed, 'refuse'],
  ['another froze it', undefined, frozenBy('other'), 'refuse'],
  ['a migration of another has opened its guard', undefined, { ...frozenBy('other'), frozen: false }, 'refuse'],
] as const)('what other upgrades left: %s', (_, seal, freeze, level) => {
  expect(noEarlierUpgrade(seal, freeze, upgrade).level).toBe(level);
});

test('the admin of the database may create roles and databases, or the finding says what it lacks', () => {
  expect(databaseAdmin({ roles: true, databases: true }).level).toBe('pass');
  expect(databaseAdmin({ roles: false, databases: true })).toMatchObject({
    level: 'refuse',
    message: expect.stringContaining('CREATEROLE'),
  });
  expect(databaseAdmin({ roles: false, databases: false }).message).toContain('CREATEROLE and CREATEDB');
});
