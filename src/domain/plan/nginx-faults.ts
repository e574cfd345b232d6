import { fieldsOf, listOf, type Fault } from './fault.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What nginx can't do of a plan, over the plan as it came. */
export function nginxFaults(path: string, { via, directory }: Fields, plan: Fields): Fault[] {
  if (via !== 'nginx') return [];
  const strange = typeof directory === 'string' && directory.startsWith('/') && !/^[\w./+@,:=-]+$/.test(directory);
  return [
    ...(strange ? [{ path: `${path}.directory`, message: "has characters that nginx can't take" }] : []),
    ...(isSomebodyElses(directory)
      ? [{ path: `${path}.directory`, message: 'must be a folder of its own, such as /srv/nginx/crossfade' }]
      : []),
    ...proxyFaults(plan),
  ];
}

/** Files and links are made, replaced and removed there. */
const isSomebodyElses = (directory: unknown): boolean =>
  typeof directory === 'string' && /^\/+(etc\/+nginx\/*)?$/.test(directory);

/** nginx passes requests on as they are, by one scheme for all nodes. */
function proxyFaults(plan: Fields): Fault[] {
  let first: { readonly scheme: string; readonly path: string } | undefined;
  return (['x', 'y'] as const).flatMap((side) =>
    listOf(fieldsOf(plan[side])['nodes']).flatMap((node, index) => {
      const path = `${side}.nodes[${index}].proxy`;
      const [, scheme, rest = ''] = /^(https?):\/\/[^/?#]*(.*)$/.exec(String(fieldsOf(node)['proxy'])) ?? [];
      if (scheme === undefined) return [];
      first ??= { scheme, path };
      return [
        ...(/^\/*$/.test(rest) ? [] : [{ path, message: "has a path, which nginx can't pass on" }]),
        ...(scheme === first.scheme
          ? []
          : [{ path, message: `is ${scheme}, and ${first.path} is ${first.scheme}: nginx needs one for all nodes` }]),
      ];
    }),
  );
}
