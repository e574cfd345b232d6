export const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
export const KINDS = ['services', 'routes', 'plugins', 'consumers', 'credentials'] as const;
export type Method = (typeof METHODS)[number];
export type Kind = (typeof KINDS)[number];

/** Something of the writers' own that they change or delete. */
export interface Thing {
  readonly id: string;
  /** Where it is in the Admin API. */
  readonly path: string;
}

/** What one writer works on; nobody else touches it. */
export interface Stock {
  /** New routes and plugins belong to it, new credentials to the consumer. */
  readonly service: Thing;
  readonly consumer: Thing;
  /** For PATCH and for PUT of what is there. */
  readonly kept: Readonly<Record<Kind, Thing>>;
  /** Each is deleted once. */
  readonly doomed: Readonly<Record<Kind, readonly Thing[]>>;
  /** Each gets one plugin. */
  readonly withoutPlugin: readonly Thing[];
}

export interface WriterOptions {
  readonly name: string;
  readonly side: 'x' | 'y';
  readonly admin: string;
  readonly stock: Stock;
}

export interface WritersOptions {
  readonly writers: readonly WriterOptions[];
  /** While it is there the writers rest, but once the configuration is frozen they go on, and remove it. */
  readonly pauseFile: string;
  readonly everyMs: number;
  /** The password is in `PGPASSWORD`. */
  readonly database: { readonly host: string; readonly port: number; readonly database: string; readonly user: string };
}

/** One write that was thrown at a node, and what came of it. Times are milliseconds since 1970. */
export interface Write {
  readonly writer: string;
  readonly side: 'x' | 'y';
  readonly method: Method;
  readonly kind: Kind;
  readonly path: string;
  /** The tag that it sets; none for DELETE. */
  readonly tag?: string;
  readonly sentAt: number;
  readonly endedAt: number;
  /** None where no answer came. */
  readonly status?: number;
  /** What the answer says, where it is no success. */
  readonly message?: string;
}

/** What was seen in the database, by its own clock. */
export interface Seen {
  /** First and last time that the freeze was there, and the first time after it. */
  readonly frozenAt: number;
  readonly lastFrozenAt: number;
  readonly thawedAt: number;
  /** Requests counted by rate limiting (policy cluster) at the first and at the last time. */
  readonly countedBefore: number;
  readonly countedAfter: number;
}

export interface WritersResult {
  readonly writes: readonly Write[];
  readonly stocks: readonly Stock[];
  readonly seen?: Seen;
}
