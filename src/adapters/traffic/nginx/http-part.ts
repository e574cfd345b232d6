import type { SideName } from '../../../domain/names.ts';
import type { BalancedNode } from '../port.ts';
import { outCombinations } from './groups.ts';
import { onGrpcPort, type Installation } from './installation.ts';

export function httpPart(installation: Installation): string {
  const { weights, nodes, grpcPort } = installation;
  const client = clientOf(installation);
  const splits = weights
    .filter((weight) => weight < 100)
    .map((weight) => `split_clients "${client.key}" $crossfade_split_${weight} { ${weight}% y; * x; }`);
  return `# Made by Crossfade. Belongs into the http block. Takes effect at the next reload of nginx, and is needed once.

# Every split of the plan. ${client.note}
${client.map ?? ''}${splits.join('\n')}

# Nodes never count as failed (max_fails=0): by default nginx leaves out a node for 10 s after one failure, and answers 502
# to everybody when that has happened to all nodes of a group. A node that refuses connections costs its requests one more
# try, nothing else. Idle connections are given up before Kong closes them (75 s), so that no request meets a closing one.
${groupsOf('x', nodes.x)}

${groupsOf('y', nodes.y)}

# $crossfade_side (x or y) may be used in a log_format.
map $crossfade_side $crossfade_upstream {
    y       $crossfade_y_group;
    default $crossfade_x_group;
}
${grpcPort === undefined ? '' : grpcPart(nodes, grpcPort)}
# The client's Host, for Kong's routes; WebSocket upgrades are passed on, other connections to Kong are kept open.
map $http_host $crossfade_host {
    ""      $host;
    default $http_host;
}
map $http_upgrade $crossfade_connection {
    ""      "";
    default upgrade;
}
`;
}

/** By what requests are split, and what is said of it. */
function clientOf({ sticky }: Installation): { readonly key: string; readonly note: string; readonly map?: string } {
  const grows = 'is always on the same side of a split, and stays on Y as its share grows.';
  if (sticky === undefined)
    return { key: '$request_id', note: 'Each request is split for itself, whatever connection it comes on.' };
  if (sticky === 'client-address') return { key: '$remote_addr', note: `A client's address ${grows}` };
  const cookie = `$cookie_${sticky.cookie}`;
  return {
    key: '$crossfade_client',
    note: `A value of the cookie ${grows}\n# Without the cookie each request is split for itself.`,
    map: `${map(cookie, '$crossfade_client', ['""      $request_id', `default ${cookie}`])}\n`,
  };
}

/** HTTP/1 and HTTP/2 must not share kept connections, so that gRPC has groups of its own. */
function grpcPart(nodes: Installation['nodes'], port: number): string {
  return `
# The same for gRPC.
${groupsOf('x', onGrpcPort(nodes.x, port), 'grpc_')}

${groupsOf('y', onGrpcPort(nodes.y, port), 'grpc_')}

map $crossfade_side $crossfade_grpc_upstream {
    y       $crossfade_grpc_y_group;
    default $crossfade_grpc_x_group;
}
`;
}

function groupsOf(side: SideName, nodes: readonly BalancedNode[], kind: '' | 'grpc_' = ''): string {
  const full = `crossfade_${kind}${side}`;
  const partial = outCombinations(nodes.length).map((out) => {
    const suffix = out.map((position) => `_${position + 1}`).join('');
    return { suffix, name: `${full}_without${suffix}`, nodes: nodes.filter((_, position) => !out.includes(position)) };
  });
  const groups = [{ name: full, nodes }, ...partial].map((group) => upstream(group.name, group.nodes));
  const choices = partial.map((group) => `"${group.suffix}" ${group.name}`);
  return `${groups.join('\n')}
${map(`$crossfade_${side}_out`, `$${full}_group`, [...choices, `default ${full}`])}`;
}

/** A group of nodes, as it is needed with and without Crossfade. */
export const upstream = (name: string, nodes: readonly BalancedNode[]): string => `upstream ${name} {
${nodes.map((node) => `    server ${node.address} max_fails=0; # ${node.name}`).join('\n')}
    keepalive 64;
    keepalive_timeout 30s;
}`;

const map = (from: string, to: string, choices: readonly string[]): string =>
  `map ${from} ${to} {\n${choices.map((choice) => `    ${choice};`).join('\n')}\n}`;
