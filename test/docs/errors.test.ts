import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorsFile, errorsPage } from '../../scripts/errors-doc.ts';
import { errorCatalogue } from '../../src/domain/errors/index.ts';

test('docs/errors.md is the catalogue', async () => {
  expect(await readFile(errorsFile, 'utf8')).toBe(await errorsPage());
});

test('every code is raised somewhere', async () => {
  const source = join(import.meta.dirname, '../../src');
  const files = (await readdir(source, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.startsWith(join('domain', 'errors')),
  );
  const code = (await Promise.all(files.map((file) => readFile(join(source, file), 'utf8')))).join('\n');
  const names = Object.keys(errorCatalogue);
  expect(names.filter((name) => !code.includes(`'${name}'`))).toEqual([]);
});

test('every entry is made of sentences', () => {
  for (const [name, kind] of Object.entries(errorCatalogue))
    for (const text of [kind.what, kind.means, kind.todo]) expect(text, name).toMatch(/^[A-Z`].*[.]$/s);
});
