import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { TrafficState } from '../../../domain/traffic/state.ts';
import { upstream } from './http-part.ts';
import { onGrpcPort } from './installation.ts';
import { readInstalled } from './install.ts';
import { grpcTo, proxyTo } from './location-part.ts';
import { readState } from './state.ts';

/**
 * nginx's configuration for the state in force, without Crossfade: what stands in place of its includes once an upgrade is over. Error
 * `NotRemovable` while an upgrade is under way.
 */
export async function plainConfig({ directory }: Pick<EntryVia<'nginx'>, 'directory'>): Promise<string> {
  const installed = await readInstalled(directory);
  const side = settledSide(directory, await readState(directory, installed));
  const nodes = installed.nodes[side];
  const { scheme, grpcPort } = installed;
  const secure = scheme === 'https' ? 's' : '';
  const grpc = grpcPort === undefined ? undefined : upstream('kong_grpc', onGrpcPort(nodes, grpcPort));
  return `### In the http block, in place of ${directory}/http.conf:

${[upstream('kong', nodes), ...(grpc === undefined ? [] : [grpc])].join('\n')}
map $http_host $kong_host {
    ""      $host;
    default $http_host;
}
map $http_upgrade $kong_connection {
    ""      "";
    default upgrade;
}

### In the server block: nothing in place of ${directory}/server.conf.

### In the location that goes to Kong, in place of ${directory}/location.conf:

${proxyTo(`${scheme}://kong`, 'kong')}${
    grpc === undefined
      ? ''
      : `
### In the locations of gRPC, in place of ${directory}/location-grpc.conf:

${grpcTo(`grpc${secure}://kong_grpc`, 'kong')}`
  }`;
}

/** The side that has all traffic. Error `NotRemovable` where there is none, or it can't be written down as plain configuration. */
export function settledSide(directory: string, { weight, out, testers }: TrafficState): 'x' | 'y' {
  const open = [
    ...(weight === 0 || weight === 100 ? [] : [`${weight} % go to Y`]),
    ...(out.length === 0 ? [] : [`${out.join(', ')} out of the balancer`]),
    ...(testers === true && weight === 0 ? ['the way of testers is open'] : []),
  ];
  if (open.length === 0) return weight === 0 ? 'x' : 'y';
  throw new CrossfadeError('NotRemovable', `An upgrade is under way in ${directory}: ${open.join(', and ')}.`);
}
