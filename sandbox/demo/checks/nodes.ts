import { createKongHttp } from '../../../src/adapters/kong/http.ts';
import { createSecrets } from '../../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../../src/adapters/traffic/index.ts';
import { balancersOf } from '../../../src/domain/traffic/balancers.ts';
import { PATH } from '../configure.ts';
import { check, servingSide, type Check, type Ended } from './check.ts';

/** The side that should serve does, the other one is stopped, and the balancer knows. */
export async function checkNodes(ended: Ended): Promise<Check[]> {
  const { plan, secrets, places } = ended.demo;
  const serving = servingSide(ended);
  const stopped = serving === 'x' ? 'y' : 'x';
  const resolver = createSecrets({ ...secrets });
  const http = createKongHttp(resolver);
  const [balancer] = balancersOf(plan);
  const names = (side: 'x' | 'y') => plan[side].nodes.map(({ name }) => name).join(' and ');
  return [
    await check(`${names(serving)} are ready, with Kong ${plan[serving].version}`, async () => {
      const states = await Promise.all(
        plan[serving].nodes.map(async (node) => {
          const { version } = await http.root(node, plan[serving].admin);
          return { version, ...(await http.ready(node)) };
        }),
      );
      const holds = states.every(({ ready, version }) => ready && version === plan[serving].version);
      return {
        holds,
        found: states.map(({ version, ready }) => `${version} ${ready ? 'ready' : 'not ready'}`).join(', '),
      };
    }),
    await check(`${names(stopped)} are stopped`, async () => {
      const answers = await Promise.all(plan[stopped].nodes.map((node) => http.answers(node)));
      return { holds: !answers.includes(true), found: answers.map((one) => (one ? 'answers' : 'gone')).join(', ') };
    }),
    await check(`nginx sends everything to ${serving.toUpperCase()}`, async () => {
      if (balancer === undefined) return { holds: false, found: 'no balancer' };
      const { weight, out } = await createTrafficRouter({ secrets: resolver })(balancer).current();
      const headers = { apikey: secrets.DEMO_KEY };
      const answer = await fetch(`http://127.0.0.1:${places.balancer}${PATH}`, { headers });
      const via = answer.headers.get('via') ?? '';
      const holds = weight === (serving === 'y' ? 100 : 0) && out.length === 0 && via.includes(plan[serving].version);
      return { holds, found: `${weight} % on Y, ${out.length} nodes out; a request was answered via ${via}` };
    }),
  ];
}
