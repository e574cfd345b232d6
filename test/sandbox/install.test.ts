import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { removeFolder, makeFolder } from '../../sandbox/folder.ts';
import { fillFolder } from '../../sandbox/install/folder.ts';
import { whatIsImpossible } from '../../sandbox/install/impossible.ts';
import { installTools, MissingPrograms } from '../../sandbox/install/index.ts';
import { tempFolder } from './temp-folder.ts';

const all = ['postgres', 'nginx', 'docker-compose', 'age', 'zstd', 'temporal', 'versitygw'] as const;
const path = process.env['PATH'];
afterEach(() => void (process.env['PATH'] = path));

test('when everything is there, nothing is done and nothing is printed', async () => {
  const printed: string[] = [];
  const paths = await installTools(all, (line) => printed.push(line));
  expect(printed).toEqual([]);
  expect(Object.keys(paths)).toEqual(all);
  expect(Object.values(paths).filter((each) => !existsSync(each))).toEqual([]);
});

test('without apt-get, Python and Go, every missing program is named at once, each with how to get it', () => {
  process.env['PATH'] = '';
  const message = new MissingPrograms(whatIsImpossible(all)).message;
  expect(message).toMatch(/^7 programs are missing/);
  expect(message).toMatch(
    /^ {2}postgres +there is no apt-get; .*Debian: postgresql nginx-light docker-compose age zstd/m,
  );
  expect(message).toMatch(/^ {2}nginx +there is no apt-get/m);
  for (const debian of ['docker-compose', 'age', 'zstd'])
    expect(message).toMatch(new RegExp(`^ {2}${debian} +there is no apt-get`, 'm'));
  expect(message).toMatch(/^ {2}temporal +.*Python 3.*`temporal` command/m);
  expect(message).toMatch(/^ {2}versitygw +.*Go .*`versitygw` command/m);
});

test('a program that is missing for real stops the installation before it begins', async () => {
  process.env['PATH'] = '';
  const printed: string[] = [];
  await expect(installTools(['docker-compose'], (line) => printed.push(line))).rejects.toThrow(
    /1 program is missing.*\n {2}docker-compose +there is no apt-get.*\nThen run the same command again\./,
  );
  expect(printed).toEqual([]);
});

test('an installation that fails or was killed leaves no folder that looks complete', async () => {
  const dir = tempFolder();
  await makeFolder(dir);
  const target = join(dir, 'tool-1.0');
  const leaveHalf = (folder: string) => {
    writeFileSync(join(folder, 'half'), '');
    return Promise.reject(new Error('no network'));
  };
  await expect(fillFolder(target, leaveHalf)).rejects.toThrow('no network');
  expect(existsSync(target)).toBe(false);
  await fillFolder(target, (folder) => Promise.resolve(writeFileSync(join(folder, 'whole'), '')));
  expect(readdirSync(target)).toEqual(['whole']);
  expect(readdirSync(dir).filter((name) => name.startsWith('.unfinished'))).toEqual([]);
  await removeFolder(dir);
});
