/** Kinds that every version shows in its Admin API under this path, or does not know at all. */
export const ENTITY_KINDS = [
  'services',
  'routes',
  'plugins',
  'consumers',
  'upstreams',
  'certificates',
  'snis',
  'ca_certificates',
  'vaults',
  'keys',
  'key-sets',
  'key-auths',
  'basic-auths',
  'hmac-auths',
  'jwts',
  'acls',
] as const;

/** What one node shows, by kind; `undefined` for a kind that it does not know. */
export type EntitySets = Readonly<
  Record<string, readonly { readonly id: string; readonly name?: string }[] | undefined>
>;

const SHOWN = 3;

/** What two nodes do not show alike, in words. Kinds that one of them does not know are left out. */
export function compareKinds(nameX: string, x: EntitySets, nameY: string, y: EntitySets): string[] {
  return Object.keys(x).flatMap((kind) => {
    const [ofX, ofY] = [x[kind], y[kind]];
    if (ofX === undefined || ofY === undefined) return [];
    return [...missing(kind, nameX, ofX, nameY, ofY), ...missing(kind, nameY, ofY, nameX, ofX)];
  });
}

type Entities = readonly { readonly id: string; readonly name?: string }[];

function missing(kind: string, has: string, ours: Entities, lacks: string, theirs: Entities): string[] {
  const known = new Set(theirs.map(({ id }) => id));
  const found = ours.filter(({ id }) => !known.has(id));
  if (found.length === 0) return [];
  const names = found.slice(0, SHOWN).map(({ id, name }) => name ?? id);
  const more = found.length > SHOWN ? ` and ${found.length - SHOWN} more` : '';
  return [`${lacks} does not show ${found.length} of the ${kind} of ${has} (${names.join(', ')}${more})`];
}
