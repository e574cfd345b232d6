import { expect } from 'vitest';
import { send } from './http.ts';
import type { Role } from './stage.ts';

/** An Admin API write that has to succeed. */
export async function write(
  role: Role,
  method: string,
  path: string,
  form: Record<string, string> = {},
): Promise<unknown> {
  const answer = await send(`${role.admin}${path}`, { method, form });
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
  return answer.json;
}

/**
 * The configuration that was recorded with: three routes to one service, r1 with an API key and a limit, r2 with a limit in
 * a Redis, r3 with neither; a correlation id and metrics on all; the consumer alice with a key.
 */
export async function configure(
  role: Role,
  upstream: string,
  limit: Record<string, string> = { policy: 'local' },
): Promise<void> {
  await write(role, 'PUT', '/services/echo', { url: upstream });
  for (const route of ['r1', 'r2', 'r3'])
    await write(role, 'PUT', `/services/echo/routes/${route}`, { 'paths[]': `/${route}` });
  await write(role, 'POST', '/routes/r1/plugins', { name: 'key-auth' });
  const config = Object.entries({ minute: '1000', ...limit }).map(([name, value]) => [`config.${name}`, value]);
  await write(role, 'POST', '/routes/r1/plugins', { name: 'rate-limiting', ...Object.fromEntries(config) });
  await write(role, 'POST', '/routes/r2/plugins', {
    ...{ name: 'rate-limiting', 'config.minute': '1000', 'config.policy': 'redis' },
    ...{ 'config.redis_host': '127.0.0.1', 'config.redis_port': '1', 'config.redis_password': 'hunter2' },
  });
  await write(role, 'POST', '/plugins', {
    name: 'correlation-id',
    'config.header_name': 'X-Corr',
    'config.echo_downstream': 'true',
  });
  await write(role, 'POST', '/plugins', {
    ...{ name: 'prometheus', 'config.status_code_metrics': 'true', 'config.latency_metrics': 'true' },
    'config.bandwidth_metrics': 'true',
  });
  await write(role, 'PUT', '/consumers/alice');
  await write(role, 'POST', '/consumers/alice/key-auth', { key: 'alice-key' });
}
