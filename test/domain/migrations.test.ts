import { describe as group, expect, test } from 'vitest';
import {
  describe,
  listAgrees,
  migrationOfLine,
  parseList,
  parseStatus,
  whatRan,
} from '../../src/domain/migrations/index.ts';
import type { MigrationState } from '../../src/domain/migrations.ts';

const executed = ['core/020_330_to_340'];
const clean: MigrationState = { state: 'clean', executed, pending: [], new: [] };
const fresh: MigrationState = { ...clean, state: 'new', new: ['core/021_340_to_350', 'acme/003_350_to_360'] };
const pending: MigrationState = { ...clean, state: 'pending', pending: ['acme/003_350_to_360'] };
const half: MigrationState = { ...pending, state: 'pending-and-new', new: ['ai-proxy/001_360_to_370'] };
const empty: MigrationState = { state: 'needs-bootstrap', executed: [], pending: [], new: ['core/000_base'] };

group('reading', () => {
  const part = (subsystem: string, ...migrations: string[]) => ({ subsystem, namespace: 'n', migrations });

  test('status: JSON after a warning and before text about the prefix', () => {
    const json = JSON.stringify({
      executed_migrations: [part('core', '000_base', '003_100_to_110')],
      pending_migrations: [part('acme', '003_350_to_360')],
      new_migrations: {},
    });
    const text = `2026/01/01 [warn] a property is deprecated\n${json}\nprefix directory /k not found, trying to create it\n`;
    expect(parseStatus(text)).toEqual({
      state: 'pending',
      executed: ['core/000_base', 'core/003_100_to_110'],
      pending: ['acme/003_350_to_360'],
      new: [],
    });
  });

  test('status: an empty database, a clean one, and no JSON', () => {
    const news = { new_migrations: [part('core', '000_base')] };
    expect(parseStatus(JSON.stringify({ needs_bootstrap: true, ...news }))?.state).toBe('needs-bootstrap');
    expect(parseStatus(JSON.stringify({ executed_migrations: [part('core', '000_base')] }))?.state).toBe('clean');
    expect(parseStatus('Error: [PostgreSQL error] connection refused')).toBeUndefined();
    expect(parseStatus('{"cut off')).toBeUndefined();
  });

  test('list: sections and exit code', () => {
    const stdout = [
      'Executed migrations:',
      '         core: 000_base, 003_100_to_110',
      '     key-auth: 000_base_key_auth',
      '',
      'Pending migrations:',
      '         acme: 003_350_to_360',
      '',
      'New migrations available:',
      '         core: 024_380_to_390',
      '',
      "Run 'kong migrations up' to proceed",
    ].join('\n');
    expect(parseList({ exitCode: 4, stdout, stderr: '' })).toEqual({
      state: 'pending-and-new',
      executed: ['core/000_base', 'core/003_100_to_110', 'key-auth/000_base_key_auth'],
      pending: ['acme/003_350_to_360'],
      new: ['core/024_380_to_390'],
    });
    expect(parseList({ exitCode: 1, stdout: '', stderr: 'Error: connection refused' })).toBeUndefined();
  });

  test.each([
    [0, clean, true],
    [3, empty, true],
    [4, pending, true],
    [4, half, true],
    [5, fresh, true],
    [5, half, false],
    [0, pending, false],
    [1, clean, false],
    [undefined, clean, false],
  ])("list's exit code %s and the state agree or not", (exitCode, state, agrees) => {
    expect(listAgrees(exitCode, state)).toBe(agrees);
  });

  test('progress', () => {
    expect(migrationOfLine('acme migrated up to: 003_350_to_360 (pending)')).toBe('acme/003_350_to_360');
    expect(migrationOfLine('9 migrations processed')).toBeUndefined();
  });
});

test('what ran', () => {
  const after = { ...pending, executed: [...executed, 'core/021_340_to_350'] };
  expect(whatRan(fresh, after)).toEqual(['core/021_340_to_350', 'acme/003_350_to_360']);
  expect(whatRan(pending, { ...clean, executed: [...executed, 'acme/003_350_to_360'] })).toEqual([
    'acme/003_350_to_360',
  ]);
  expect(whatRan(clean, clean)).toEqual([]);
});

test('states in words', () => {
  expect(describe(clean)).toBe('No migration is new or pending.');
  expect(describe(empty)).toBe('The database needs bootstrapping.');
  expect(describe(half)).toBe('The state is new: ai-proxy/001_360_to_370; pending: acme/003_350_to_360.');
});
