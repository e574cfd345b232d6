import type { MigrationState } from '../migrations.ts';

/** The migrations as they look with the settings of one node. Kong knows those of its core and of the plugins that it loads. */
export interface NodeMigrations {
  readonly node: string;
  readonly state: MigrationState;
}

/** What the nodes do not see alike, in words: who has which migrations new or pending that others have not. Empty: all agree. */
export function differingSets(nodes: readonly NodeMigrations[]): string[] {
  return (['new', 'pending'] as const).flatMap((kind) => {
    const all = [...new Set(nodes.flatMap(({ state }) => state[kind]))];
    const seen = new Map<string, string[]>();
    for (const name of all) {
      const knowing = nodes.filter(({ state }) => state[kind].includes(name)).map(({ node }) => node);
      if (knowing.length === nodes.length) continue;
      const who = knowing.join(' and ');
      seen.set(who, [...(seen.get(who) ?? []), name]);
    }
    return [...seen].map(([who, names]) => `${kind} for ${who} only: ${names.join(', ')}`);
  });
}
