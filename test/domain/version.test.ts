import { expect, test } from 'vitest';
import { classifyPath, parseVersion, sameVersion, type KongVersion } from '../../src/domain/version.ts';

const version = (text: string): KongVersion => parseVersion(text) as KongVersion;

test.each([
  ['3.9.0', '3.9.1', 'patch'],
  ['3.4.3.4', '3.4.3.5', 'patch'],
  ['3.6.1', '3.7.1', 'minor'],
  ['2.8.5', '3.4.2', 'lts'],
  ['3.4.2', '3.10.0.1', 'lts'],
  ['3.4.2', '3.9.1', 'skips-minors'],
  ['2.8.5', '3.9.1', 'major'],
  ['3.7.1', '3.7.1', 'same'],
  ['3.7.1', '3.6.1', 'downgrade'],
] as const)('%s to %s: %s', (x, y, kind) => expect(classifyPath(version(x), version(y))).toBe(kind));

test('what is a version', () => {
  expect(parseVersion('3.4.3.5-enterprise-edition')).toEqual({ major: 3, minor: 4, patch: 3, build: 5 });
  for (const text of ['3.4', 'v3.4.2', '3.4.2-rc.1', '']) expect(parseVersion(text)).toBeUndefined();
});

test('what an Admin API says, and what a plan says', () => {
  expect(sameVersion('3.4.3.5-enterprise-edition', '3.4.3.5')).toBe(true);
  expect(sameVersion('3.7.1', '3.7.0')).toBe(false);
  expect(sameVersion('nginx', 'nginx')).toBe(false);
});
