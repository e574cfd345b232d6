import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parsePlan } from '../../src/domain/plan/index.ts';

const folder = fileURLToPath(new URL('../../examples', import.meta.url));

const plans = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

test.each(plans)('examples/%s is a plan without faults', (name) => {
  expect(parsePlan(parse(readFileSync(join(folder, name), 'utf8'))).faults).toEqual([]);
});
