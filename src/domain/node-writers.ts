/** Plugins because of which Kong's nodes write configuration by themselves. */
export type NodeWriter = 'acme' | 'oauth2';

/** The tag of what plugin acme made, as it sets it itself. */
export const ACME_TAG = 'managed-by-acme';

/** What the freeze does about each of them. */
const HANDLED: Readonly<Record<NodeWriter, string>> = {
  acme:
    'Plugin acme goes on renewing certificates: what nodes write to certificates and SNIs with the tag ' +
    `${ACME_TAG} passes the guard and is no drift. Everything else in these tables is refused.`,
  oauth2:
    'Plugin oauth2 may want to store the hash of a client secret in a newer form when a client asks for a token. That is refused, so that ' +
    'X can read every secret as before; the client gets its token all the same, and the node tries again at the next one.',
};

export interface FreezeDecisions {
  /** Guarded because they look like configuration: no list knows them. */
  readonly unknownTables: readonly string[];
  /** Left writable because they don't look like configuration: no list knows them. */
  readonly unguardedTables: readonly string[];
  readonly nodeWriters: readonly NodeWriter[];
}

/** What a freeze decided by itself and a person may want to look at, one sentence or two each. */
export function freezeDecisions({ unknownTables, unguardedTables, nodeWriters }: FreezeDecisions): string[] {
  const tables = (list: readonly string[], what: string) =>
    list.length === 0 ? [] : [`Not on Crossfade's list of Kong's tables: ${list.join(', ')}. ${what}`];
  return [
    ...tables(unknownTables, 'Guarded, because of the look of configuration.'),
    ...tables(unguardedTables, 'Left writable, and no part of the fingerprint: without the look of configuration.'),
    ...nodeWriters.map((writer) => HANDLED[writer]),
  ];
}
