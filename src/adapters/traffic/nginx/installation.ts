import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { SideName } from '../../../domain/names.ts';
import type { EntryVia, KongNode } from '../../../domain/plan/index.ts';
import type { BalancedNode } from '../port.ts';

type NginxEntry = EntryVia<'nginx'>;

/** What an include is made for. */
export interface Installation {
  /** Weights of Y besides 0, ascending. */
  readonly weights: readonly number[];
  readonly nodes: Readonly<Record<SideName, readonly BalancedNode[]>>;
  /** How nginx speaks to the nodes. */
  readonly scheme: 'http' | 'https';
  readonly sticky?: NonNullable<NginxEntry['sticky']>;
  readonly testers?: NonNullable<NginxEntry['testers']>;
  readonly grpcPort?: number;
}

/** What is installed on a host. */
export interface Installed extends Installation {
  /** Names this very include; nginx answers to it once it has loaded it. */
  readonly fingerprint: string;
}

export interface NodesAndWeights {
  readonly x: readonly KongNode[];
  readonly y: readonly KongNode[];
  readonly weights: readonly number[];
}

/** Error `PlanInvalid` for nodes that nginx can't balance. */
export function installationFor(
  { sticky, testers, grpcPort }: Pick<NginxEntry, 'sticky' | 'testers' | 'grpcPort'>,
  { x, y, weights }: NodesAndWeights,
): Installation {
  return {
    weights: [...weights].sort((a, b) => a - b),
    nodes: { x: x.map(toBalanced), y: y.map(toBalanced) },
    scheme: schemeOf([...x, ...y]),
    ...(sticky === undefined ? {} : { sticky }),
    ...(testers === undefined ? {} : { testers }),
    ...(grpcPort === undefined ? {} : { grpcPort }),
  };
}

/** The nodes, where they take gRPC. */
export const onGrpcPort = (nodes: readonly BalancedNode[], port: number): readonly BalancedNode[] =>
  nodes.map(({ name, address }) => ({ name, address: address.replace(/:\d+$/, `:${port}`) }));

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

function schemeOf(nodes: readonly KongNode[]): 'http' | 'https' {
  const schemes = [...new Set(nodes.map((node) => new URL(node.proxy).protocol.replace(':', '')))];
  const [scheme, ...others] = schemes;
  if ((scheme === 'http' || scheme === 'https') && others.length === 0) return scheme;
  throw new CrossfadeError(
    'PlanInvalid',
    `nginx needs the same scheme for all proxy addresses, not ${schemes.join(' and ')}.`,
  );
}
