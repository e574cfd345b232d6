import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { SideName } from '../../../domain/names.ts';
import type { BalancedNode } from '../port.ts';
import type { Installation } from './installation.ts';
import { currentLink, installedFile } from './layout.ts';
import { readState } from './state.ts';

/**
 * Refuses, with `DirectoryInUse`, to install over what the next reload would make nginx read in another sense: the marker for
 * 100 % of the last upgrade would send everything to the Y of the next one, which does not run yet.
 *
 * @param before what is installed in the directory; `undefined` when that is missing, or damaged
 */
export async function checkReinstall(
  directory: string,
  before: Installation | undefined,
  next: Installation,
): Promise<void> {
  if (before === undefined) {
    // An installer that was killed half-way leaves files, but nothing in force.
    if (!existsSync(currentLink(directory)) && !existsSync(installedFile(directory))) return;
    throw new CrossfadeError(
      'DirectoryInUse',
      `A weight may be in force in ${directory}, and ${installedFile(directory)}, which says for which nodes, is missing or damaged.`,
    );
  }
  for (const side of ['x', 'y'] as const) {
    const [there, wanted] = [list(before.nodes[side]), list(next.nodes[side])];
    if (there !== wanted) throw new CrossfadeError('DirectoryInUse', otherNodes(directory, side, { there, wanted }));
  }
  const { weight, testers } = await readState(directory, before);
  const after = (await readState(directory, next)).weight;
  if (weight !== after)
    throw new CrossfadeError(
      'DirectoryInUse',
      `${weight} % go to Y now in ${directory}; with the steps of this plan (${next.weights.join(', ')} %) nginx would send ${after} % there at its next reload.`,
    );
  if (weight !== 0 && weight !== 100 && !isDeepStrictEqual(before.sticky, next.sticky))
    throw new CrossfadeError(
      'DirectoryInUse',
      `${weight} % go to Y now in ${directory}; with another \`sticky\` clients would change sides at nginx's next reload.`,
    );
  if (testers === true && !isDeepStrictEqual(before.testers, next.testers))
    throw new CrossfadeError(
      'DirectoryInUse',
      `The way of testers is open in ${directory}; with other \`testers\` it would be so for others at nginx's next reload.`,
    );
}

const otherNodes = (directory: string, side: SideName, { there, wanted }: { there: string; wanted: string }): string =>
  `${directory} is installed for other nodes: ${side.toUpperCase()} is ${there} there, ${wanted} in this plan.`;

/** The order of the nodes does not matter. */
const list = (nodes: readonly BalancedNode[]): string =>
  nodes
    .map(({ name, address }) => `${name} (${address})`)
    .sort()
    .join(', ');
