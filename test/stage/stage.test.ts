import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStageActivities } from '../../src/activities/stage.ts';
import { createKongHttp } from '../../src/adapters/kong/http.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { differences } from '../../src/domain/stage-answers.ts';
import type { HttpTest, Side, StagePlan } from '../../src/domain/plan/index.ts';
import { kongNode } from '../traffic/setup.ts';

type Answers = (request: IncomingMessage) => { status?: number; headers?: Record<string, string>; body: unknown };

const servers: Server[] = [];
async function startSide(...nodes: Answers[]): Promise<Side> {
  const started = nodes.map(async (answers, index) => {
    const server = createServer((request, response) => {
      const { status = 200, headers = {}, body } = answers(request);
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return kongNode(`n${index + 1}`, (server.address() as AddressInfo).port);
  });
  return { nodes: await Promise.all(started) } as unknown as Side;
}

/** A route behind key-auth, and one that echoes the method. */
const withKey =
  (key: string): Answers =>
  ({ url, headers, method }) =>
    url === '/echo'
      ? { body: { method, at: Math.random() }, headers: { 'X-Served-By': 'kong' } }
      : headers.apikey === key
        ? { body: { hello: 'consumer' } }
        : { status: 401, body: { message: 'Unauthorized', request_id: String(Math.random()) } };

const secrets = createSecrets({ TEST_KEY: 'very-secret-key', NOT_USED: '' });
const { runTests, compareAnswers } = createStageActivities({ http: createKongHttp(secrets), secrets });

const request = (name: string, more: Partial<HttpTest> & Pick<HttpTest, 'expect'>): HttpTest => ({
  name,
  method: 'GET',
  path: '/orders',
  headers: {},
  ...more,
});
const tests = [
  request('without a key', { expect: { status: 401, headers: {} } }),
  request('with a key', {
    headers: { apikey: { env: 'TEST_KEY' } },
    expect: { status: 200, headers: {}, body: 'consumer' },
  }),
  request('a POST', {
    method: 'POST',
    path: '/echo',
    body: 'x',
    expect: { status: 200, headers: { 'x-served-by': 'kong' }, body: 'POST' },
  }),
];
const compare = (path: string, more: Partial<StagePlan['compare'][number]> = {}) => [
  { method: 'GET' as const, path, headers: {}, ignore: [], ...more },
];

let good: Side;
let other: Side;
beforeAll(async () => {
  good = await startSide(withKey('very-secret-key'), withKey('very-secret-key'));
  other = await startSide(withKey('very-secret-key'), withKey('another'));
});
afterAll(() => servers.forEach((server) => server.close()));

test('tests run on every node, with secrets resolved', async () => {
  expect(await runTests({ side: 'y', cluster: good, tests })).toEqual({ passed: 6, nodes: 2 });
  expect(await runTests({ side: 'y', cluster: good, tests: [] })).toEqual({ passed: 0, nodes: 2 });
});

test('every failure at once: test, node, what was expected and what came; no secret', async () => {
  const more = [
    request('a header', {
      path: '/echo',
      expect: { status: 204, headers: { 'x-served-by': 'nginx', 'x-not': 'there' } },
    }),
  ];
  const failure = runTests({ side: 'y', cluster: other, tests: [...tests, ...more] });
  await expect(failure).rejects.toMatchObject({ code: 'TestsFailed' });
  const { message } = (await failure.catch((error: unknown) => error)) as Error;
  expect(message).toContain('3 of 8 tests failed on Y');
  expect(message).toContain('"with a key" on n2: expected status 200, got 401');
  expect(message).toContain(
    '"a header" on n1: expected status 204, got 200; expected x-served-by: nginx, got kong; expected x-not: there, got no such header',
  );
  expect(message).not.toContain('very-secret-key');
});

test('a node that does not answer is a failure like another', async () => {
  const gone = { nodes: [...good.nodes, kongNode('gone', 1)] } as unknown as Side;
  await expect(runTests({ side: 'x', cluster: gone, tests: tests.slice(0, 1) })).rejects.toThrow(
    /1 of 3 tests failed on X: "without a key" on gone: .*gone/,
  );
});

test('a secret that is missing is an error of its own', async () => {
  const missing = [request('x', { headers: { a: { env: 'NOT_USED' } }, expect: { status: 200, headers: {} } })];
  await expect(runTests({ side: 'y', cluster: good, tests: missing })).rejects.toMatchObject({ code: 'SecretMissing' });
});

test('the same answers from X and every node of Y; what Kong makes up for each answer does not count', async () => {
  const requests = [...compare('/orders'), ...compare('/echo', { ignore: ['at'] })];
  expect(await compareAnswers({ x: good, y: good, compare: requests })).toEqual({ compared: 4 });
});

test('answers that differ are listed by name, not by value', async () => {
  const key = { headers: { apikey: { env: 'TEST_KEY' } } };
  const failure = compareAnswers({ x: good, y: other, compare: [...compare('/orders', key), ...compare('/echo')] });
  await expect(failure).rejects.toMatchObject({ code: 'AnswersDiffer' });
  const { message } = (await failure.catch((error: unknown) => error)) as Error;
  expect(message).toContain('GET /orders on n1 and n2: status (200 and 401), the field hello, the field message');
  expect(message).toContain('GET /echo on n1 and n1: the field at');
  expect(message).not.toContain('consumer');
});

test('X answers by any of its nodes', async () => {
  const half = { nodes: [kongNode('gone', 1), ...good.nodes] } as unknown as Side;
  expect(await compareAnswers({ x: half, y: good, compare: compare('/orders') })).toEqual({ compared: 2 });
  const none = { nodes: [kongNode('gone', 1)] } as unknown as Side;
  await expect(compareAnswers({ x: none, y: good, compare: compare('/orders') })).rejects.toMatchObject({
    code: 'NodeUnreachable',
  });
});

test('bodies: fields at any depth and by path, order of keys, length of lists, text', () => {
  const json = (body: unknown) => ({ status: 200, headers: {}, body: JSON.stringify(body) });
  const differ = (a: unknown, b: unknown, ignore: string[] = []) => differences(json(a), json(b), ignore);
  expect(differ({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 })).toEqual([]);
  expect(differ({ b: [{ c: 1 }] }, { b: [{ c: 2 }] })).toEqual(['the field b.c']);
  expect(differ({ b: [{ c: 1 }] }, { b: [{ c: 2 }] }, ['c'])).toEqual([]);
  expect(differ({ c: 0, b: [{ c: 1 }] }, { c: 1, b: [{ c: 2 }] }, ['b.c'])).toEqual(['the field c']);
  expect(differ([1, 2], [1])).toEqual(['the body (2 and 1 entries)']);
  expect(differ({ a: null }, {})).toEqual(['the field a']);
  const text = (body: string) => ({ status: 200, headers: { 'content-type': 'text/plain' }, body });
  expect(differences(text('one'), text('two'), [])).toEqual(['the body']);
  expect(differences(text('1'), json(1), [])).toEqual(['content-type (text/plain and none)']);
});
