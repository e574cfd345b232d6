/** How the entities of Kong's configuration are tagged. */
export interface TagUsage {
  /** Entities that can have tags. */
  readonly entities: number;
  readonly tags: readonly TaggedEntities[];
}

export interface TaggedEntities {
  /** A tag, or what comes before the value of one that differs for each entity (`k8s-name:`). */
  readonly tag: string;
  readonly entities: number;
  /** In how many tables. */
  readonly kinds: number;
  /** When one of them was written last, ISO 8601, where the tables say it. */
  readonly last?: string;
}

/** Somebody or something that writes configuration by itself, known by the tag of its entities. */
export interface KnownWriter extends TaggedEntities {
  readonly who: string;
  /** The tag does not say it for certain. */
  readonly guess: boolean;
}

/** What the Kong Ingress Controller puts on every entity with a database, unless it is told of another tag. */
const INGRESS_CONTROLLER_TAG = 'managed-by-ingress-controller';
/** What it, and Kong's operator, tell of the object in Kubernetes that an entity comes from. */
const KUBERNETES_TAG = 'k8s-name:';
/** Tags that Kong's own nodes set. */
const OWN_TAGS = new Set(['managed-by-acme']);

/**
 * decK has no mark of its own: with `select_tags` every entity of a state file has the same tag, of whatever kind it is. A tag of
 * people's own is on few entities, or on one kind.
 */
const LEAST_SHARE = 0.5;
const LEAST_ENTITIES = 10;
const LEAST_KINDS = 2;

export function knownWriters({ entities, tags }: TagUsage): KnownWriter[] {
  const named = tags.flatMap((one): KnownWriter[] =>
    one.tag === INGRESS_CONTROLLER_TAG ? [{ ...one, who: 'the Kong Ingress Controller', guess: false }] : [],
  );
  const byIngress = named[0]?.entities ?? 0;
  const kubernetes = tags.flatMap((one): KnownWriter[] =>
    one.tag === KUBERNETES_TAG && one.entities > byIngress
      ? [{ ...one, who: "a controller in Kubernetes (Kong Ingress Controller or Kong's operator)", guess: false }]
      : [],
  );
  const shared = tags.filter(
    (one) =>
      one.tag !== INGRESS_CONTROLLER_TAG &&
      !one.tag.startsWith('k8s-') &&
      !OWN_TAGS.has(one.tag) &&
      one.entities >= LEAST_ENTITIES &&
      one.kinds >= LEAST_KINDS &&
      one.entities >= entities * LEAST_SHARE,
  );
  const deck = shared.map((one): KnownWriter => ({ ...one, who: 'decK with select_tags', guess: true }));
  return [...named, ...kubernetes, ...deck];
}
