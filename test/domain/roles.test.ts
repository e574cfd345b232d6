import { describe, expect, test } from 'vitest';
import { parsePlan, type Plan, type PlanInput } from '../../src/domain/plan/index.ts';
import { nodesOfY, plannedRoles, roleOfY } from '../../src/domain/plan/roles.ts';
import { noUnknownNodes, rolesInUse } from '../../src/domain/rules/clients.ts';
import { seenBy, sessionsOfX, strangersAmong, tellApart, type DatabaseSessions } from '../../src/domain/sessions.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';

const admin = { user: 'postgres' };
const base = testPlan('payments');
const database: PlanInput['database'] = { ...base.database, name: 'payments', admin };

const input = (changes: Partial<PlanInput> = {}): PlanInput => ({ ...base, database, ...changes });
function planOf(changes: Partial<PlanInput> = {}): Plan {
  const { plan, faults } = parsePlan(input(changes));
  if (plan === undefined) throw new Error(faults.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return plan;
}
const withEnv = (side: PlanInput['x'], env: Record<string, string | { env: string }>): PlanInput['x'] => ({
  ...side,
  runs: { ...side.runs, env },
});

describe("Y's own role", () => {
  test("is named after Kong's role, Y's version and the database", () => {
    expect(roleOfY(planOf())).toEqual({ own: true, role: 'kong_3_7_1_payments' });
    expect(nodesOfY(planOf()).runs.env).toEqual({ KONG_PG_USER: 'kong_3_7_1_payments' });
    expect(plannedRoles(planOf())).toEqual({ x: ['kong'], y: ['kong_3_7_1_payments'] });
    const enterprise = planOf({ x: { ...base.x, version: '3.4.3.1' }, y: { ...base.y, version: '3.4.3.12' } });
    expect(roleOfY(enterprise)).toMatchObject({ role: 'kong_3_4_3_12_payments' });
  });

  test.each<[string, Partial<PlanInput>]>([
    ['turns it off', { sessions: { ownRoleForY: false } }],
    ['no `database.admin`', { database: base.database }],
    ['says by which role', { y: withEnv(base.y, { KONG_PG_USER: 'kong_y' }) }],
    ['says by which role', { y: withEnv(base.y, { KONG_PG_PASSWORD: { env: 'PASSWORD_OF_Y' } }) }],
    ['too long', { database: { ...database, name: 'p'.repeat(60) } }],
  ])('is not made when the plan %s', (why, changes) => {
    const plan = planOf(changes);
    expect(roleOfY(plan)).toEqual({ own: false, why: expect.stringContaining(why) });
    expect(nodesOfY(plan)).toBe(plan.y);
  });

  test('roles that the plan names, for all nodes or one; a secret is not known', () => {
    const [x1, x2] = base.x.nodes as [PlanInput['x']['nodes'][number], PlanInput['x']['nodes'][number]];
    const x = withEnv(
      { ...base.x, nodes: [x1, { ...x2, env: { KONG_PG_USER: 'kong_x2' } }] },
      { KONG_PG_USER: 'kong_x' },
    );
    const y = withEnv(base.y, { KONG_PG_USER: { env: 'USER_OF_Y' } });
    expect(plannedRoles(planOf({ x, y }))).toEqual({ x: ['kong_x', 'kong_x2'], y: [] });
  });

  test('what nodes say counts more than what is planned', () => {
    const root = (configuration: Record<string, unknown>) => ({ configuration });
    expect(rolesInUse([root({ pg_user: 'a' }), root({ pg_user: 'a', pg_ro_user: 'reader' })], ['planned'])).toEqual([
      'a',
      'reader',
    ]);
    expect(rolesInUse([root({}), root({ pg_user: 'a' })], ['planned'])).toEqual(['planned', 'a']);
  });
});

describe('sessions.lockOutX', () => {
  const faultOf = (changes: Partial<PlanInput>): string | undefined => {
    const { sessions } = changes;
    const { faults } = parsePlan(input({ ...changes, sessions: { ...sessions, lockOutX: true } }));
    expect(faults.length).toBeLessThan(2);
    expect(faults.map(({ path }) => path).every((path) => path === 'sessions.lockOutX')).toBe(true);
    return faults[0]?.message;
  };

  test.each<[string, Partial<PlanInput>]>([
    ['Y gets a role of its own', {}],
    ["Y's own role is named", { y: withEnv(base.y, { KONG_PG_USER: 'kong_y' }) }],
    [
      'X has another role than Y',
      { x: withEnv(base.x, { KONG_PG_USER: 'kong_x' }), y: withEnv(base.y, { KONG_PG_USER: 'kong' }) },
    ],
  ])('is fine where %s', (_, changes) => expect(faultOf(changes)).toBeUndefined());

  test.each<[string, Partial<PlanInput>]>([
    ['`database.admin`', { database: base.database }],
    ["role of Y's own", { sessions: { ownRoleForY: false } }],
    ["role of Y's own", { y: withEnv(base.y, { KONG_PG_USER: { env: 'USER_OF_Y' } }) }],
    ['lock Crossfade itself out', { database: { ...database, user: 'postgres' } }],
    ['lock Crossfade itself out', { x: withEnv(base.x, { KONG_PG_USER: 'postgres' }) }],
    ['lock Y out too', { y: withEnv(base.y, { KONG_PG_USER: 'kong' }) }],
    ['too long for PostgreSQL', { database: { ...database, name: 'k'.repeat(60) } }],
    ['KONG_PG_PASSWORD', { y: withEnv(base.y, { KONG_PG_PASSWORD: { env: 'OF_Y' } }) }],
  ])('is a fault: %s', (words, changes) => expect(faultOf(changes)).toContain(words));
});

describe('sessions are told apart', () => {
  const session = (role: string, address?: string, application = 'kong'): DatabaseSessions => ({
    ...{ role, application, count: 1 },
    ...(address === undefined ? {} : { address }),
  });
  const sessions = [session('kong', '10.0.0.1'), session('kong', '10.0.0.2'), session('kong', '10.0.0.9', 'psql')];
  const x = { roles: ['kong'], addresses: ['10.0.0.1'] };
  const y = { roles: ['kong'], addresses: ['10.0.0.2'] };
  const ours = '10.0.0.3';

  test('by role, whatever the addresses', () => {
    const told = tellApart({ x, y: { ...x, roles: ['kong_y'] }, ours, sessions });
    expect(told).toEqual({ by: 'role', roles: ['kong'] });
    expect(sessionsOfX(told, sessions, [])).toHaveLength(3);
    expect(sessionsOfX(told, sessions, ['10.0.0.9'])).toEqual(['1 of kong@10.0.0.1', '1 of kong@10.0.0.2']);
    expect(sessionsOfX(told, [session('kong', undefined, '')], [])).toEqual(['1 of kong@hidden address (no name)']);
    expect(sessionsOfX(told, [session('kong_y', '10.0.0.1')], [])).toEqual([]);
  });

  test('by address, where X has it for itself and is seen there', () => {
    const told = tellApart({ x, y, ours, sessions });
    expect(told).toEqual({ by: 'address', addresses: ['10.0.0.1'] });
    expect(sessionsOfX(told, sessions, [])).toEqual(['1 of kong@10.0.0.1']);
  });

  test.each([
    ['Y shares the address', { x, y: x, ours, sessions }, 'same address (10.0.0.1)'],
    ['we share it', { x, y, ours: '10.0.0.1', sessions }, 'same address (10.0.0.1)'],
    [
      'only one address of X is shared',
      { x: { ...x, addresses: ['10.0.0.1', '10.0.0.2'] }, y, ours, sessions },
      '(10.0.0.2)',
    ],
    ['the names of X lead nowhere', { x: { ...x, addresses: [] }, y, ours, sessions }, 'none is known'],
    ['PostgreSQL sees X elsewhere', { x, y, ours, sessions: [session('kong', '192.0.2.1')] }, 'shows no session from'],
    [
      'nobody knows a role',
      { x: { ...x, roles: [] }, y: { ...y, roles: [] }, ours: '10.0.0.1', sessions },
      'same role',
    ],
  ])('by nothing: %s', (_, facts, why) => {
    const told = tellApart(facts);
    expect(told).toEqual({ by: 'nothing', why: expect.stringContaining(why) });
    expect(sessionsOfX(told, sessions, [])).toBeUndefined();
  });

  test("nodes at the host's own address are seen under Crossfade's", () => {
    expect(seenBy(['127.0.0.1', '::1', '10.0.0.1'], ours)).toEqual(['127.0.0.1', ours, '::1', '10.0.0.1']);
  });

  test('nodes that the plan does not know', () => {
    const known = { roles: ['kong', 'kong_y'], addresses: ['10.0.0.1', '10.0.0.2'], others: ['10.0.0.9'] };
    expect(strangersAmong(sessions, known)).toEqual([]);
    const strange = [
      ...[session('kong', '10.9.9.9'), session('kong', '10.9.9.9', 'psql'), session('kong_y', '[local]')],
      ...[session('other', '10.9.9.8'), session('hidden'), session('other', '10.9.9.7', 'exporter'), session('kong')],
    ];
    const found = ['hidden@hidden address', 'kong@10.9.9.9', 'kong_y@[local]', 'other@10.9.9.8'];
    expect(strangersAmong(strange, known)).toEqual(found);
    expect(noUnknownNodes([])).toMatchObject({ level: 'pass' });
    expect(noUnknownNodes(found)).toMatchObject({ level: 'warn', message: expect.stringContaining('kong@10.9.9.9') });
  });
});
