import type { SideName } from '../../../domain/names.ts';
import type { EntryVia, KongNode } from '../../../domain/plan/index.ts';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { BalancedNode } from '../port.ts';
import { outCombinations } from './groups.ts';
import { currentLink, outMarker, weightMarker } from './layout.ts';

/** What nginx includes, by the block of its configuration that each part goes into. */
export interface NginxInclude {
  readonly http: string;
  readonly server: string;
  readonly location: string;
}

/** What an include is made for. */
export interface Installation {
  /** Weights of Y besides 0, ascending. */
  readonly weights: readonly number[];
  readonly nodes: Readonly<Record<SideName, readonly BalancedNode[]>>;
}

/**
 * The configuration that is installed once. After that no reload is needed: which split and which groups are in force is
 * chosen per request, by which marker files exist. Error `PlanInvalid` for nodes that nginx can't balance.
 */
export function nginxInclude(
  { directory }: EntryVia<'nginx'>,
  plan: { readonly x: readonly KongNode[]; readonly y: readonly KongNode[]; readonly weights: readonly number[] },
): NginxInclude {
  checkDirectory(directory);
  const { weights, nodes } = installationFor(plan);
  return {
    http: httpPart(weights, nodes),
    server: serverPart(weights, nodes, currentLink(directory)),
    location: locationPart(schemeOf([...plan.x, ...plan.y])),
  };
}

export function installationFor({
  x,
  y,
  weights,
}: {
  readonly x: readonly KongNode[];
  readonly y: readonly KongNode[];
  readonly weights: readonly number[];
}): Installation {
  return {
    weights: [...weights].sort((a, b) => a - b),
    nodes: { x: x.map(toBalanced), y: y.map(toBalanced) },
  };
}

function httpPart(weights: Installation['weights'], nodes: Installation['nodes']): string {
  const splits = weights
    .filter((weight) => weight < 100)
    .map((weight) => `split_clients "$request_id" $crossfade_split_${weight} { ${weight}% y; * x; }`);
  return `# Made by Crossfade. Belongs into the http block. Takes effect at the next reload of nginx, and is needed once.

# Every split of the plan. Each request is split for itself, whatever connection it comes on.
${splits.join('\n')}

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

function groupsOf(side: SideName, nodes: readonly BalancedNode[]): string {
  const full = `crossfade_${side}`;
  const partial = outCombinations(nodes.length).map((out) => {
    const suffix = out.map((position) => `_${position + 1}`).join('');
    return { suffix, name: `${full}_without${suffix}`, nodes: nodes.filter((_, position) => !out.includes(position)) };
  });
  const groups = [{ name: full, nodes }, ...partial].map(
    (group) => `upstream ${group.name} {
${group.nodes.map((node) => `    server ${node.address} max_fails=0; # ${node.name}`).join('\n')}
    keepalive 64;
    keepalive_timeout 30s;
}`,
  );
  const choices = partial.map((group) => `    "${group.suffix}" ${group.name};`);
  return `${groups.join('\n')}
map $crossfade_${side}_out $crossfade_${side}_group {
${[...choices, `    default ${full};`].join('\n')}
}`;
}

function serverPart(weights: Installation['weights'], nodes: Installation['nodes'], current: string): string {
  const weightChoices = weights.map((weight) => {
    const value = weight === 100 ? 'y' : `$crossfade_split_${weight}`;
    return `if (-f ${current}/${weightMarker(weight)}) { set $crossfade_side ${value}; }`;
  });
  const outChoices = (['x', 'y'] as const).flatMap((side) => [
    `set $crossfade_${side}_out "";`,
    ...nodes[side].map((node, position) => {
      const next = `"\${crossfade_${side}_out}_${position + 1}"`;
      return `if (-f ${current}/${outMarker(node.name)}) { set $crossfade_${side}_out ${next}; }`;
    }),
  ]);
  return `# Made by Crossfade. Belongs into the server block, before its locations.

# A cached answer to "does this file exist" would delay changes.
open_file_cache off;
disable_symlinks off;

# The weight in force. Without any file, X gets everything. A request that is just here when the weight changes may see
# neither the old nor the new file, and goes to X; X is always up while weights change.
set $crossfade_side x;
${weightChoices.join('\n')}

# Nodes that are out of the balancer.
${outChoices.join('\n')}
`;
}

function locationPart(scheme: string): string {
  return `# Made by Crossfade. Belongs into the location that goes to Kong. nginx forgets the proxy_set_header lines of the outer
# blocks as soon as a location has one: put yours (X-Forwarded-For and the like) beside this include.
proxy_pass ${scheme}://$crossfade_upstream;
proxy_http_version 1.1;
proxy_set_header Host $crossfade_host;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $crossfade_connection;

# A node that can't be connected to is passed over, also for a POST, which no node has seen then. What was sent already is
# sent again only if its method allows it, and not after 10 s, so that a slow answer is not asked for twice.
proxy_connect_timeout 2s;
proxy_next_upstream error timeout;
proxy_next_upstream_timeout 10s;
`;
}

function toBalanced(node: KongNode): BalancedNode {
  const url = new URL(node.proxy);
  if (url.pathname !== '/' || url.search !== '')
    throw new CrossfadeError(
      'PlanInvalid',
      `nginx can't balance ${node.name}: its proxy address has a path (${node.proxy}).`,
    );
  return {
    name: node.name,
    address: url.port === '' ? `${url.host}:${url.protocol === 'https:' ? 443 : 80}` : url.host,
  };
}

function schemeOf(nodes: readonly KongNode[]): string {
  const schemes = [...new Set(nodes.map((node) => new URL(node.proxy).protocol.replace(':', '')))];
  const [scheme, ...others] = schemes;
  if (scheme === undefined || others.length > 0)
    throw new CrossfadeError(
      'PlanInvalid',
      `nginx needs the same scheme for all proxy addresses, not ${schemes.join(' and ')}.`,
    );
  return scheme;
}

/** Other characters would have a meaning of their own in nginx's configuration. */
function checkDirectory(directory: string): void {
  if (/^[\w./+@,:=-]+$/.test(directory)) return;
  throw new CrossfadeError('PlanInvalid', `traffic.directory has characters that nginx can't take: ${directory}.`);
}
