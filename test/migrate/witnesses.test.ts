import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contradictions, inDoubt, notRecorded, olderThan, progressOf } from '../../src/domain/migrations/index.ts';
import type { LockHolder, SchemaMeta } from '../../src/domain/migrations/index.ts';
import type { MigrationState } from '../../src/domain/migrations.ts';
import { nodeAt, sideOf, sql, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { EXECUTED, migrateActivities, PENDING } from './fixture.ts';
import { DONE, EMPTY, HALF, NEW, PEND } from './recorded-states.ts';

const metaOf = ({ executed, pending }: { executed: readonly string[]; pending: readonly string[] }): SchemaMeta => ({
  schema: 'public',
  executed: ['core/000_base', ...executed],
  // Of a plugin that this binary does not know.
  pending: [...pending, 'our-own-plugin/001_to_002'],
});
const list = (state: MigrationState) => ({ exitCode: 0, state });

describe('three witnesses', () => {
  test.each([NEW, HALF, PEND, DONE])('they agree, whatever plugins of others are in the table: $state', (state) => {
    expect(contradictions({ list: list(state), status: state, meta: metaOf(state) })).toEqual([]);
    expect(contradictions({ list: list(state), meta: metaOf(state) })).toEqual([]);
  });

  test('an empty database: no table', () => {
    expect(contradictions({ list: list(EMPTY), status: EMPTY, meta: 'none' })).toEqual([]);
  });

  test('each that says something else is told with what it says', () => {
    expect(contradictions({ list: list(PEND), status: { ...PEND, pending: PENDING.slice(1) } })).toEqual([
      `${PENDING[0]}: list says pending, status says nothing of it`,
    ]);
    const finished = metaOf({ executed: [...EXECUTED, PENDING[0] ?? ''], pending: PENDING.slice(1) });
    expect(contradictions({ list: list(PEND), status: PEND, meta: finished })).toEqual([
      `${PENDING[0]}: Kong's command says pending, schema_meta says executed`,
    ]);
    expect(contradictions({ list: list(NEW), status: NEW, meta: metaOf(HALF) })).toHaveLength(EXECUTED.length);
    expect(contradictions({ list: list(NEW), status: NEW, meta: 'none' })).toEqual([
      `Kong's command says "new", and the database of the plan has no table schema_meta`,
    ]);
    expect(contradictions({ list: list(EMPTY), status: EMPTY, meta: metaOf(NEW) })).toEqual([
      expect.stringMatching(/needs bootstrapping.*schema "public".*KONG_PG_SCHEMA/) as string,
    ]);
  });

  test('what a command claims is in the table, and how far it is', () => {
    expect(notRecorded('up', PEND.pending, metaOf(PEND))).toEqual([]);
    expect(notRecorded('up', [...EXECUTED, ...PENDING], metaOf(HALF))).toEqual(PENDING);
    expect(notRecorded('finish', PENDING, metaOf(PEND))).toEqual(PENDING);
    expect(notRecorded('finish', PENDING, metaOf(DONE))).toEqual([]);
    expect(progressOf('up', [...EXECUTED, ...PENDING], metaOf(HALF))).toEqual({ done: 4, at: PENDING[0] });
    expect(progressOf('finish', PENDING, metaOf(DONE))).toEqual({ done: 5, at: undefined });
  });
});

describe('what may be half done', () => {
  const todo = ['core/016_280_to_300', 'acme/003_350_to_360'];
  const failing = (why: string) => ({ exitCode: 1, stdout: 'migrating core on database …', stderr: `Error: … ${why}` });
  test.each([
    [
      'refused by PostgreSQL: its transaction was rolled back',
      "'016_280_to_300' up: ERROR: canceling statement due to lock timeout",
      [],
    ],
    [
      'refused in what follows the transaction',
      "'016_280_to_300' up_f: ERROR: canceling statement due to lock timeout",
      [todo[0]],
    ],
    [
      'the connection broke: it may have been committed',
      "'016_280_to_300' up: receive_message: failed to get type: closed",
      [todo[0]],
    ],
    ['in a teardown', "'003_350_to_360' teardown: ERROR: duplicate key", [todo[1]]],
  ])('%s', (_, why, doubt) => {
    expect(inDoubt(failing(`failed to run migration ${why}`), todo)).toEqual(doubt);
  });

  test('applied and not recorded, or anything else after it began: all that it may be', () => {
    expect(inDoubt(failing("failed to record migration '003_350_to_360': timeout"), todo)).toEqual([todo[1]]);
    expect(inDoubt(failing('something else'), todo)).toEqual(todo);
    expect(inDoubt({ ...failing('stopped'), timedOut: true }, todo)).toEqual(todo);
    expect(inDoubt({ exitCode: 1, stdout: '', stderr: 'Error: …' }, todo)).toEqual([]);
  });
});

test('which transactions a migration waits for', () => {
  const one = (kind: LockHolder['kind'], age?: number): LockHolder => ({
    ...{ id: `${kind} ${age}`, kind, table: 'plugins', tables: 1 },
    ...(age === undefined ? {} : { age }),
  });
  const young = [one('transaction', 900), one('vacuum', 10), one('prepared', 5)];
  const old = [one('transaction', 1_100), one('waiting', 1), one('dump', 1), one('prepared', 5_000)];
  expect(olderThan(1_000, [...young, ...old], () => undefined)).toEqual(old);
  // An age that PostgreSQL hides: any, if it was there before us; else what we have seen.
  const hidden = [one('transaction')];
  expect(olderThan(1_000, hidden, () => undefined)).toEqual(hidden);
  expect(olderThan(1_000, hidden, () => 500)).toEqual([]);
  expect(olderThan(1_000, hidden, () => 1_500)).toEqual(hidden);
});

describe('with a real database', () => {
  let kong: Kong;
  beforeAll(async () => void (kong = await startKongDatabases()));
  afterAll(() => kong.stop());

  const y = (env: Record<string, string> = {}) => sideOf('3.9.1', [nodeAt('n1', '/nowhere', [1, 2, 3])], env);

  test('Kong looks at another schema: it says that it needs bootstrapping, and where the table is', async () => {
    const database = await kong.database('3.4.2');
    await sql(database, 'CREATE SCHEMA other');
    const input = { cluster: y({ KONG_PG_SCHEMA: 'other' }), database, upgrade: upgrade() };
    await expect(migrateActivities().migrateUp(input)).rejects.toMatchObject({
      code: 'NeedsBootstrap',
      message: expect.stringContaining('schema_meta of schema "public"') as string,
    });
  });

  test('Kong looks at another database than the plan: the witnesses contradict each other', async () => {
    const database = await kong.database('3.4.2');
    const finished = await kong.database('3.9.1');
    const reading = migrateActivities().readMigrations({
      side: 'y',
      cluster: y({ KONG_PG_DATABASE: finished.name }),
      database,
    });
    await expect(reading).rejects.toMatchObject({
      code: 'MigrationsUnreadable',
      message: expect.stringMatching(
        /021_340_to_350: Kong's command says executed, schema_meta says new.* more\.$/,
      ) as string,
    });
  });
});
