import { expect, test } from 'vitest';
import type { Plan } from '../../src/domain/plan/index.ts';
import { kongSchema, type NodeFacts, type SchemaFacts } from '../../src/domain/rules/index.ts';

type Env = Readonly<Record<string, string>>;

const side = (name: string, env: Env = {}, ofNode: Env = {}): Plan['x'] =>
  ({ runs: { env }, nodes: [{ name, env: ofNode }] }) as unknown as Plan['x'];
const database = { name: 'kong' } as Plan['database'];
const saying = (pg_schema?: string): NodeFacts[] => [
  {
    name: 'x1',
    answers: true,
    root: { version: '3.6.1', configuration: pg_schema === undefined ? {} : { pg_schema } },
  },
];
const facts = (changes: Partial<SchemaFacts> = {}): SchemaFacts => ({
  guarded: 'public',
  all: ['public'],
  byDefault: 'public',
  ...changes,
});
const [x, y] = [side('x1'), side('y1')];
const gw = { KONG_PG_SCHEMA: 'gw' };

test('nodes that name no schema use the one in which their role is by itself', () => {
  for (const nodes of [saying(), saying('')]) {
    expect(kongSchema(nodes, { x, y, database }, facts()).level).toBe('pass');
    expect(kongSchema(nodes, { x, y, database }, facts({ guarded: 'gw', all: ['gw'] }))).toMatchObject({
      level: 'refuse',
      message: expect.stringContaining('would guard schema gw, and x1 uses schema public') as string,
    });
  }
});

test('what a node says counts more than what the plan says of it', () => {
  const inGw = facts({ guarded: 'gw', all: ['gw'] });
  const plan = { x: side('x1', { KONG_PG_SCHEMA: 'public' }), y, database };
  expect(kongSchema(saying('gw'), plan, inGw).level).toBe('pass');
  expect(kongSchema(saying('gw'), plan, facts())).toMatchObject({
    level: 'refuse',
    hint: expect.stringContaining('`schema: gw`') as string,
  });
});

test.each([
  ['of all', side('x1', gw)],
  ['of the node', side('x1', { KONG_PG_SCHEMA: 'public' }, gw)],
])('a node that says nothing: the variable %s in the plan', (_, of) => {
  expect(kongSchema(saying(), { x: of, y, database }, facts({ guarded: 'gw', all: ['gw'] })).level).toBe('pass');
  expect(kongSchema(saying(), { x: of, y, database }, facts()).level).toBe('refuse');
});

test('Y in another schema than X is refused', () => {
  const found = kongSchema(saying(), { x, y: side('y1', gw), database }, facts());
  expect(found).toMatchObject({ level: 'refuse', message: expect.stringContaining('y1 uses schema gw') as string });
});

test('more than one schema, and none named, is refused whatever the nodes say', () => {
  const found = kongSchema(saying('public'), { x, y, database }, facts({ all: ['public', 'gw'] }));
  expect(found).toMatchObject({
    level: 'refuse',
    message: expect.stringContaining('gw, public') as string,
    hint: expect.stringContaining('`database.schema`') as string,
  });
});
