import { KINDS, type Kind, type Stock, type Thing } from './types.ts';

/** How many of each kind a writer may delete: few, since while frozen none of them goes. */
const DOOMED = 4;

/** Creates what one writer works on, through the Admin API of a node of X. */
export async function createStock(admin: string, writer: string): Promise<Stock> {
  let count = 0;
  const name = () => `${writer}-stock-${(count += 1)}`;
  const create = async (collection: string, entity: object): Promise<Thing> => {
    const answer = await fetch(`${admin}/${collection}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(entity),
    });
    const body = (await answer.json()) as { id?: string };
    if (answer.status !== 201 || body.id === undefined)
      throw new Error(`POST ${collection}: ${answer.status} ${JSON.stringify(body)}`);
    return { id: body.id, path: `${collection}/${body.id}` };
  };
  const service = () => create('services', { name: name(), url: 'http://127.0.0.1:9/' });
  const consumer = () => create('consumers', { username: name() });
  const shared = { service: await service(), consumer: await consumer() };
  const make: Record<Kind, () => Promise<Thing>> = {
    services: service,
    consumers: consumer,
    routes: () =>
      create(`${shared.service.path}/routes`, { name: name(), paths: [`/never/${name()}`] }).then(flat('routes')),
    plugins: async () => create('plugins', { name: 'correlation-id', service: { id: (await service()).id } }),
    credentials: () => create(`${shared.consumer.path}/key-auth`, { key: name() }),
  };
  const several = async (one: () => Promise<Thing>): Promise<Thing[]> => {
    const things: Thing[] = [];
    while (things.length < DOOMED) things.push(await one());
    return things;
  };
  const kept: Partial<Record<Kind, Thing>> = {};
  const doomed: Partial<Record<Kind, Thing[]>> = {};
  for (const kind of KINDS) {
    kept[kind] = await make[kind]();
    doomed[kind] = await several(make[kind]);
  }
  return {
    ...shared,
    kept: kept as Stock['kept'],
    doomed: doomed as Stock['doomed'],
    withoutPlugin: await several(service),
  };
}

/** The same thing where it is found without its owner. */
const flat =
  (collection: string) =>
  ({ id }: Thing): Thing => ({ id, path: `${collection}/${id}` });
