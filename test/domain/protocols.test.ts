import { expect, test } from 'vitest';
import type { Entry, EntryVia } from '../../src/domain/plan/index.ts';
import { protocols } from '../../src/domain/rules/index.ts';

const nginx: EntryVia<'nginx'> = { via: 'nginx', host: ['gw-1'], directory: '/d' };
const haproxy: EntryVia<'haproxy'> = {
  ...{ via: 'haproxy', name: 'streams', host: ['gw-1'] },
  ...{ socket: '/s', backend: 'kong', stateFile: '/f' },
};
const gateway = (kind: EntryVia<'gateway-api'>['routes'][number]['kind']): Entry => ({
  ...{ via: 'gateway-api', namespace: 'default', takeFrom: [], routes: [{ kind, name: 'kong' }] },
  ...{ x: { service: 'x', port: 80 }, y: { service: 'y', port: 80 } },
});
const route = (name: string, ...taken: string[]) => ({ id: `id-${name}`, name, protocols: taken });
const levels = (entries: Entry[], ...taken: string[]) =>
  protocols(entries, [route('a', ...taken)]).map(
    ({ level, message }) => `${level} ${/takes (\w+)/.exec(message)?.[1] ?? ''}`,
  );

test.each([
  [[nginx], ['http', 'https', 'ws'], ['pass ']],
  [[nginx], ['grpc', 'grpcs'], ['warn grpc', 'warn grpcs']],
  [[{ ...nginx, grpcPort: 8002 }], ['grpc'], ['pass ']],
  [[nginx], ['tcp', 'tls', 'tls_passthrough', 'udp'], ['warn tcp', 'warn tls', 'warn tls_passthrough', 'warn udp']],
  [[haproxy], ['grpc', 'tcp', 'tls_passthrough'], ['pass ']],
  [[haproxy], ['udp'], ['warn udp']],
  [[nginx, haproxy], ['http', 'tcp'], ['pass ']],
  [[gateway('HTTPRoute')], ['http', 'grpc', 'tcp'], ['warn tcp']],
  [[gateway('GRPCRoute')], ['http', 'grpc'], ['warn http']],
  [[gateway('TCPRoute')], ['tls', 'tls_passthrough'], ['pass ']],
] as const)('of %j with routes of %j', (entries, taken, expected) => {
  expect(levels([...entries] as Entry[], ...taken)).toEqual(expected);
});

test('routes are named, by name or id, with what becomes of them', () => {
  const streams = ['mail', 'chat', 'logs', 'more'].map((name) => route(name, 'tcp'));
  const found = protocols([nginx], [route('web', 'http'), { id: 'id-1', protocols: ['grpc'] }, ...streams]);
  expect(found.map(({ message }) => message)).toEqual([
    '1 route of X takes grpc, which no entry point of the plan splits: id-1.',
    '4 routes of X take tcp, which no entry point of the plan splits: mail, chat, logs and 1 more.',
  ]);
  expect(found[0]?.hint).toContain('cut off when X is stopped');
});

test('what only one of several splits is told', () => {
  expect(protocols([nginx, haproxy], [route('a', 'http', 'tcp')])[0]?.message).toBe(
    "What X's routes take is split, tcp by streams only: http, tcp.",
  );
  expect(protocols([nginx], [])[0]?.message).toBe("What X's routes take is split: there are no routes.");
});
