import type { KongHttp } from '../adapters/kong/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { NodeAddresses, SideAddresses } from '../domain/plan/index.ts';
import { sameVersion } from '../domain/version.ts';

/** The id of the node that answers, which must be Kong of the planned version. Error `ForeignNode`. */
export async function identify(http: KongHttp, cluster: SideAddresses, node: NodeAddresses): Promise<string> {
  const { version, nodeId } = await http.root(node, cluster.admin);
  if (sameVersion(version, cluster.version)) return nodeId;
  const message = `At the address of ${node.name} (${node.admin}) answers Kong ${version}, not the planned ${cluster.version}.`;
  throw new CrossfadeError('ForeignNode', message);
}
