import { afterAll, beforeAll, it } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import { createRunningDatabases } from '../../src/adapters/temporal/running-databases.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

it('a worker finds the databases of the upgrades that run by their plans, and of no other', async () => {
  const at = (name: string) => ({ plan: { database: { host: 'db-1', name, user: 'kong' } } });
  const [one, two] = [await env.start(at('orders')), await env.start(at('payments'))];
  const running = createRunningDatabases(env.client);
  const names = async () => (await running()).map(({ host, port, name }) => `${host}:${port}/${name}`).sort();
  // The server lists a workflow a moment after it has started or ended.
  const untilNamed = (...wanted: string[]) =>
    waitFor(`running: ${wanted.join()}`, async () => (await names()).join() === wanted.join(), { timeoutMs: 150_000 });
  await untilNamed('db-1:5432/orders', 'db-1:5432/payments');

  await one.signal('abort', { by: 'ann' });
  await one.result();
  await untilNamed('db-1:5432/payments');
  await two.signal('abort', { by: 'ann' });
  await two.result();
  await untilNamed();
});
