import { waitFor } from '../wait-for.ts';

/** What every request of the demo asks for. */
export const PATH = '/shop/orders';

/** What is configured in Kong before the upgrade, through the Admin API of one node of X. */
export async function configure(
  admin: string,
  proxies: readonly string[],
  upstream: string,
  key: string,
  limits: object = { minute: 1_000_000, policy: 'local' },
): Promise<void> {
  const create = (path: string, entity: object) => send(`${admin}/${path}`, entity);
  await create('services', { name: 'shop', url: upstream });
  await create('services/shop/routes', { name: 'shop', paths: ['/shop'], strip_path: false });
  await create('services/shop/routes', { name: 'catalogue', paths: ['/catalogue'], strip_path: false });
  await create('consumers', { username: 'clients' });
  await create('consumers/clients/key-auth', { key });
  await create('plugins', { name: 'key-auth' });
  await create('plugins', { name: 'rate-limiting', config: limits });
  await create('plugins', { name: 'correlation-id', config: { header_name: 'X-Correlation-Id' } });
  // Without the two switches the plugin counts neither answers by status nor latency, and nothing could be judged.
  await create('plugins', {
    name: 'prometheus',
    config: { status_code_metrics: true, latency_metrics: true },
  });
  for (const proxy of proxies) {
    const works = async () => (await fetch(`${proxy}${PATH}`, { headers: { apikey: key } })).ok;
    await waitFor(`${proxy} proxies what was configured`, works, { timeoutMs: 15_000, everyMs: 100 });
  }
}

async function send(url: string, entity: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(entity) });
  if (answer.status !== 201) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
}
