import { generateIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { parsePlan } from '../../src/domain/plan/index.ts';
import * as rules from '../../src/domain/rules/index.ts';
import { filesOfNodes } from '../../src/domain/static-files.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';

const planOf = (changes: object) => ({ ...testPlan('payments'), ...changes });
const AGE = await identityToRecipient(await generateIdentity());

describe('files', () => {
  const choice = { stored: 2, missing: [], refused: [], leftOut: [] };
  test.each([
    [choice, 'pass', '2 files can be backed up.'],
    [{ ...choice, leftOut: ['/x1/.kong_env (`pg_password`)'] }, 'warn', 'left out: /x1/.kong_env (`pg_password`)'],
    [{ ...choice, refused: ['/etc/tls.key (a private key)'] }, 'refuse', 'hold secrets'],
    [
      { ...choice, missing: ['/no (not there)'], refused: ['/etc/tls.key (a private key)'] },
      'refuse',
      '/no (not there)',
    ],
  ])('%j: %s', (given, level, message) => {
    expect(rules.files('y', given)).toMatchObject({
      rule: 'files-y',
      level,
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('keyring', () => {
  test.each([
    [{ kind: 'none' }, false, undefined, 'pass', 'no keyring'],
    [{ kind: 'vault', strategy: 'vault' }, false, undefined, 'pass', 'in a vault'],
    [{ kind: 'cluster', keys: 0 }, false, undefined, 'pass', 'no key yet'],
    [{ kind: 'cluster', keys: 2 }, false, undefined, 'refuse', 'does not encrypt the backup'],
    [{ kind: 'cluster', keys: 2 }, true, 'answers 500.', 'refuse', "can't be exported. answers 500."],
    [{ kind: 'cluster', keys: 1 }, true, undefined, 'pass', '(1 key), and the keyring can be exported'],
  ] as const)('%j, encrypted %s, %s: %s', (state, encrypted, failed, level, message) => {
    expect(rules.keyring(state, encrypted, failed)).toMatchObject({
      ...{ rule: 'keyring', level },
      message: expect.stringContaining(message) as string,
    });
  });
});

test('encryption', () => {
  expect(rules.notEncrypted({ bucket: 'b', prefix: '', region: 'r', pathStyle: false })).toMatchObject({
    level: 'warn',
  });
  const kms = { bucket: 'b', prefix: '', region: 'r', pathStyle: false, encryption: { kms: 'k' } };
  expect(rules.notEncrypted(kms)).toMatchObject({ level: 'pass' });
  expect(rules.encrypted({ recipients: ['age1a', 'age1b'] }).message).toBe('Everything is encrypted for 2 recipients.');
  expect(rules.encrypted({ recipients: ['age1a'], identity: { env: 'A' } }).message).toContain('opens it');
});

test('deck', () => {
  expect(rules.deck(undefined)).toMatchObject({
    level: 'pass',
    message: expect.stringContaining('not used') as string,
  });
  expect(rules.deck({ version: '1.43.0', workspaces: ['a', 'b'] }).message).toContain('dumps 2 workspaces');
});

test('the server of the restore drill', () => {
  const on = { host: 'drill', port: 5433 };
  const may = { databases: true };
  expect(rules.drillServer(on, 16, 15, may)).toMatchObject({
    level: 'pass',
    message: expect.stringContaining('drill:5433') as string,
  });
  expect(rules.drillServer(on, 14, 15, may)).toMatchObject({
    level: 'refuse',
    message: expect.stringContaining('PostgreSQL 14') as string,
  });
  expect(rules.drillServer(on, 15, 15, { databases: false })).toMatchObject({ level: 'refuse' });
});

test('what nodes keep themselves: only of those on the host of the worker', () => {
  const { plan } = parsePlan(planOf({}));
  const nodes = [
    { ...plan!.x.nodes[0]!, prefix: '/x1', conf: '/x1.conf' },
    { ...plan!.x.nodes[0]!, prefix: '/x2', conf: undefined },
  ] as never;
  const local = { on: 'local', host: 'here', kong: 'kong', env: {} } as const;
  expect(filesOfNodes({ runs: local, nodes })).toEqual([
    '/x1',
    '/x2',
    '/x1.conf',
    '/etc/kong/kong.conf',
    '/etc/kong.conf',
  ]);
  expect(filesOfNodes({ runs: { ...local, on: 'command', kong: ['kong'] }, nodes })).toEqual([]);
});

describe('faults of a plan', () => {
  const faults = (backup: object, accept: string[] = []) => {
    const migrations = { accept: accept.map((risk) => ({ risk, reason: 'because' })) };
    return parsePlan(planOf({ backup: { s3: { bucket: 'backups' }, ...backup }, migrations })).faults.map(
      ({ path, message }) => `${path}: ${message}`,
    );
  };

  test('an encrypted backup that nobody could read', () => {
    const [one, ...more] = faults({ encrypt: { recipients: [AGE] } }).filter((fault) => fault.includes('identity'));
    expect(more).toEqual([]);
    expect(one).toMatch(/^backup\.encrypt\.identity: is needed .*restoreDrill.* and .*finish-not-rehearsed/);
    const identity = { env: 'BACKUP_KEY' };
    const about = (backup: object, accept: string[] = []) =>
      faults(backup, accept).filter((fault) => fault.includes('identity'));
    expect(about({ encrypt: { recipients: [AGE], identity } })).toEqual([]);
    expect(about({ encrypt: { recipients: [AGE] }, restoreDrill: false })).toEqual([
      expect.not.stringContaining('restoreDrill'),
    ]);
    expect(about({ encrypt: { recipients: [AGE] } }, ['finish-not-rehearsed'])).toEqual([
      expect.stringContaining('restoreDrill'),
    ]);
    expect(about({ encrypt: { recipients: [AGE] }, restoreDrill: false }, ['finish-not-rehearsed'])).toEqual([]);
    expect(about({})).toEqual([]);
  });

  test('recipients and files given twice', () => {
    const encrypt = { recipients: [AGE, AGE], identity: { env: 'BACKUP_KEY' } };
    expect(faults({ encrypt })).toContain('backup.encrypt.recipients[1]: is the same as backup.encrypt.recipients[0]');
    expect(faults({ files: ['/a', '/b', '/a'] })).toEqual(['backup.files[2]: is the same as backup.files[0]']);
    const sides = { x: ['/a'], y: ['/b', '/b', '/a'] };
    expect(faults({ files: sides })).toEqual(['backup.files.y[1]: is the same as backup.files.y[0]']);
  });
});
