import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trafficFile, trafficPage, VIAS } from '../../scripts/traffic-doc.ts';
import { ABILITIES } from '../../src/domain/traffic/abilities.ts';

const docs = join(import.meta.dirname, '../../docs');

test('the tables of docs/traffic.md are what each kind of balancer is able to do', async () => {
  const page = await readFile(trafficFile, 'utf8');
  expect(page).toBe(await trafficPage(page));
  expect([...VIAS].sort()).toEqual(Object.keys(ABILITIES).sort());
  for (const via of VIAS) expect(page.split(`| [\`${via}\`](traffic/${via}.md)`)).toHaveLength(3);
});

test.each(VIAS)('%s has a page that says how it is prepared and its limits', async (via) => {
  expect(await readFile(join(docs, 'traffic', `${via}.md`), 'utf8')).toMatch(/^# .*\n[^]*^## /m);
});
