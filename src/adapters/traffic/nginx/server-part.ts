import { CHECK_HEADER, CHECK_WORD } from './check.ts';
import type { Installation } from './installation.ts';
import { currentLink, outMarker, RECORD, TESTERS_MARKER, weightMarker } from './layout.ts';

export function serverPart({ weights, nodes, testers }: Installation, directory: string, fingerprint: string): string {
  const current = currentLink(directory);
  const weightChoices = weights.map((weight) => {
    const side = weight === 100 ? 'y' : `$crossfade_split_${weight}`;
    return `if (-f ${current}/${weightMarker(weight)}) { set $crossfade_side ${side}; set $crossfade_weight ${weight}; }`;
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
set $crossfade_weight 0;
${weightChoices.join('\n')}
${testers === undefined ? '' : testersPart(testers, current)}
# Nodes that are out of the balancer.
${outChoices.join('\n')}

# Tells Crossfade that nginx has loaded this very file, and what it goes by. Nothing of Kong's is reached by it.
set $crossfade_sees nothing;
if (-f ${current}/${RECORD}) { set $crossfade_sees $crossfade_weight; }
if (${headerVariable(CHECK_HEADER)} = "${fingerprint}") { return 200 "${CHECK_WORD} $crossfade_sees"; }
`;
}

// Not by a `map` on the value: nginx would have to be given larger buckets for a long one.
function testersPart(testers: NonNullable<Installation['testers']>, current: string): string {
  const isTester =
    'host' in testers
      ? `$host = "${testers.host.toLowerCase()}"`
      : `${headerVariable(testers.header)} = "${testers.value}"`;
  return `
# Requests of testers go to Y, whatever the weight is, while the way is open.
set $crossfade_way "";
if (${isTester}) { set $crossfade_way tester; }
if (-f ${current}/${TESTERS_MARKER}) { set $crossfade_way "$crossfade_way open"; }
if ($crossfade_way = "tester open") { set $crossfade_side y; }
`;
}

const headerVariable = (name: string) => `$http_${name.toLowerCase().replaceAll('-', '_')}`;
