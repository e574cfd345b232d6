import type { KongHttp } from '../adapters/kong/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { lastLines } from '../domain/last-lines.ts';
import type { NodeAddresses, SideAddresses } from '../domain/plan/index.ts';
import { sameVersion } from '../domain/version.ts';
import { poll } from './poll.ts';

/** A stopped node closes its listeners at once; this is for the operating system and for commands that return early. */
const GONE_WITHIN = 10_000;

/** The id of the node that answers, which must be Kong of the planned version. Error `ForeignNode`. */
export async function identify(http: KongHttp, cluster: SideAddresses, node: NodeAddresses): Promise<string> {
  const { version, nodeId } = await http.root(node, cluster.admin);
  if (sameVersion(version, cluster.version)) return nodeId;
  const message = `At the address of ${node.name} (${node.admin}) answers Kong ${version}, not the planned ${cluster.version}.`;
  throw new CrossfadeError('ForeignNode', message);
}

/** Nothing answers at any address of a node that was told to stop, and said this. Error `StillAnswering`. */
export async function proveGone(
  http: KongHttp,
  node: NodeAddresses,
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
): Promise<void> {
  const gone = await poll(async () => !(await http.answers(node)) || undefined, { within: GONE_WITHIN });
  if (gone !== undefined) return;
  const said = lastLines(`${stdout}\n${stderr}`);
  const message = `${node.name} was told to stop${said}, and something still answers at ${node.proxy}, ${node.admin} or ${node.status}.`;
  throw new CrossfadeError('StillAnswering', message);
}
