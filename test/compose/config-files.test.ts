import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { installTools } from '../../sandbox/install/index.ts';
import { startPostgres } from '../../sandbox/servers/postgres.ts';
import { installNginx } from '../../src/adapters/traffic/nginx/install.ts';
import { parsePlan, type Plan } from '../../src/domain/plan/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';

const run = promisify(execFile);
const file = (name: string) => fileURLToPath(new URL(`../../sandbox/docker/${name}`, import.meta.url));
let dir = '';
beforeEach(() => makeFolder((dir = tempFolder())));
afterEach(async () => void (await removeFolder(dir)));

test('nginx takes its configuration with what Crossfade installs for the plan', async () => {
  const { nginx } = await installTools(['nginx']);
  const { x, y, traffic } = parsePlan(parse(readFileSync(file('plan.yaml'), 'utf8'))).plan as Plan;
  if (traffic.via !== 'nginx') throw new Error('the balancer is nginx');
  await installNginx({ ...traffic, directory: dir }, { x, y, traffic });
  const elsewhere = ['/var/lib/crossfade/traffic', '/var/log/nginx', '/run'];
  const config = elsewhere.reduce(
    (text, folder) => text.replaceAll(folder, dir),
    readFileSync(file('nginx.conf'), 'utf8'),
  );
  writeFileSync(join(dir, 'nginx.conf'), config);
  await run(nginx, ['-t', '-q', '-p', dir, '-c', join(dir, 'nginx.conf'), '-e', 'stderr']);
});

test('the role and the database of Kong are made, with a password that needs quoting', async () => {
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), password: 'other' });
  await postgres.query('DROP DATABASE kong', 'postgres');
  await postgres.query('DROP ROLE kong', 'postgres');
  const connection = { PGHOST: postgres.host, PGPORT: String(postgres.port), PGPASSWORD: postgres.admin.password };
  const path = `${postgres.binDir}:${process.env['PATH'] ?? ''}`;
  const password = `it's "this" \\ one`;
  await run(file('create-kong-database.sh'), [], { env: { PATH: path, ...connection, KONG_PG_PASSWORD: password } });

  const asKong = { ...connection, PGPASSWORD: password, PATH: path };
  const { stdout } = await run(join(postgres.binDir, 'psql'), ['-U', 'kong', '-Atc', 'SELECT current_user', 'kong'], {
    env: asKong,
  });
  expect(stdout.trim()).toBe('kong');
  await postgres.stop();
});
