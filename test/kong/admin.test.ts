import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { write } from './configure.ts';
import { send } from './http.ts';
import { has, kongs } from './kongs.ts';
import { useStages, type Role } from './stage.ts';

const openStage = useStages();

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly form: Record<string, string>;
  readonly status: number;
  readonly body: unknown;
}

/** Requests to the Admin API in the order in which they were recorded, with their answers. */
function recorded(release: string): Recorded[] {
  return JSON.parse(readFileSync(new URL(`recorded/admin-${release}.json`, import.meta.url), 'utf8')) as Recorded[];
}

/** An answer without ids and times. */
function normalise(json: unknown): unknown {
  return JSON.parse(
    JSON.stringify(json)
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
      .replaceAll(/"(created_at|updated_at)":\d{10}/g, '"$1":"<time>"'),
  ) as unknown;
}

const names = (json: unknown): unknown[] => (json as { data: { name: unknown }[] }).data.map(({ name }) => name);

/** All pages of a list, following its links. */
async function pages(role: Role, first: string): Promise<unknown[][]> {
  const found: unknown[][] = [];
  for (let next: string | null = first; next !== null;) {
    const { json } = await send(role.admin + next);
    found.push(names(json));
    next = (json as { next: string | null }).next;
    if (next !== null) next += '&size=2';
  }
  return found;
}

for (const kong of kongs()) {
  describe.concurrent(`Admin API: ${kong.label}`, { timeout: 120_000 }, () => {
    const onNode = (release: string, title: string, check: (role: Role) => Promise<void>): void => {
      if (!has(kong, [release])) return;
      test(`${release}: ${title}`, async () => {
        const stage = await openStage(kong);
        try {
          const role = await stage.role('x', release);
          await role.kong(['migrations', 'bootstrap']);
          await role.kong(['start']);
          await check(role);
        } finally {
          await stage.close();
        }
      });
    };

    for (const release of ['3.4.2', '3.9.1']) {
      onNode(release, 'recorded answers', async (role) => {
        for (const { method, path, form, status, body } of recorded(release)) {
          const answer = await send(role.admin + path, { method, form });
          expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status);
          expect(answer.headers['server']).toBe(`kong/${release}`);
          if (body !== null) expect(normalise(answer.json), `${method} ${path}`).toEqual(body);
        }
      });
    }

    onNode('3.6.1', 'by id or name, in pages, changed, refused', async (role) => {
      const { id } = (await write(role, 'PUT', '/services/s0', { url: 'http://a.test/base' })) as { id: string };
      for (let i = 1; i < 5; i++)
        await write(role, 'POST', '/services', { name: `s${i}`, url: 'http://a.test', 'tags[]': 't' });
      const listed = await pages(role, '/services?size=2');
      expect(listed.map((page) => page.length)).toEqual([2, 2, 1]);
      expect(listed.flat().sort()).toEqual(['s0', 's1', 's2', 's3', 's4']);
      expect(names((await send(`${role.admin}/services?tags=t`)).json)).toHaveLength(4);

      expect((await send(`${role.admin}/services/${id}`)).json).toEqual((await send(`${role.admin}/services/s0`)).json);
      expect(await write(role, 'PATCH', '/services/s0', { retries: '3' })).toMatchObject({ retries: 3, path: '/base' });
      expect(await write(role, 'PUT', '/services/s0', { url: 'http://b.test' })).toMatchObject({
        id,
        retries: 5,
        path: null,
      });

      const twice = await send(`${role.admin}/services`, { form: { name: 's1', url: 'http://a.test' } });
      expect(twice).toMatchObject({
        status: 409,
        json: { name: 'unique constraint violation', fields: { name: 's1' } },
      });
      await write(role, 'PUT', '/services/s0/routes/r', { 'paths[]': '/r' });
      const used = await send(`${role.admin}/services/s0`, { method: 'DELETE' });
      expect(used).toMatchObject({
        status: 400,
        json: { name: 'foreign key violation', fields: { '@referenced_by': 'routes' } },
      });
      const unknown = await send(`${role.admin}/plugins`, { form: { name: 'redirect' } });
      expect(unknown).toMatchObject({ status: 400, json: { name: 'schema violation' } });
      expect(unknown.text).toContain(`plugin 'redirect' not enabled`);
      expect((await send(`${role.admin}/services/nosuch`)).json).toEqual({ message: 'Not found' });
      expect((await send(`${role.admin}/routes/r`, { method: 'DELETE' })).status).toBe(204);
      expect((await send(`${role.admin}/services/s0`, { method: 'DELETE' })).status).toBe(204);
      expect((await send(`${role.admin}/services/s0`)).status).toBe(404);
      expect((await send(role.admin)).json).toMatchObject({
        version: '3.6.1',
        configuration: { pg_password: '******' },
      });
    });
  });
}
