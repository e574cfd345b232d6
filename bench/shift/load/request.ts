// What a client saw of each of its requests. Numbers only: a thread hands over hundreds of thousands.

/** `keep-alive`: one connection for ever; `new-connection`: one for each request; `slow`: kept, and each answer takes its time. */
export const KINDS = ['keep-alive', 'new-connection', 'slow'] as const;
export type Kind = (typeof KINDS)[number];

/**
 * How a request ended. `status`: another than 200; `closed`: the connection ended before the answer did; `reset`: it broke; `refused`: there
 * was none. No client tries again, so that each but `none` is a request that somebody has lost.
 */
export const FAULTS = ['none', 'status', 'closed', 'reset', 'refused', 'timeout'] as const;
export type Fault = (typeof FAULTS)[number];

/** The nodes, as they name themselves in their answers. */
export const NODES = ['x1', 'x2', 'y1', 'y2'] as const;
export type NodeName = (typeof NODES)[number];

export interface Request {
  readonly kind: Kind;
  /** When it was sent; as all moments here, in milliseconds since 1970. */
  readonly sentAt: number;
  /** From when it was due, if the client was held up by its request before, else from when it was sent, until its answer. */
  readonly ms: number;
  readonly fault: Fault;
  /** Which node answered, and when it began to, by its own clock; absent if none did. */
  readonly node?: NodeName;
  readonly begunAt?: number;
}

const COLUMNS = 6;

/** Requests as a thread hands them over. */
export type Packed = Float64Array<ArrayBuffer>;

export interface Log {
  add(request: Request): void;
  packed(): Packed;
}

/** Written down as numbers at once: of hundreds of thousands of objects, a collection of garbage would make all clients wait. */
export function createLog(): Log {
  let rows: Packed = new Float64Array(COLUMNS * 65_536);
  let used = 0;
  return {
    add({ kind, sentAt, ms, fault, node, begunAt }) {
      if (used === rows.length) {
        const more = new Float64Array(2 * used);
        more.set(rows);
        rows = more;
      }
      rows[used] = KINDS.indexOf(kind);
      rows[used + 1] = sentAt;
      rows[used + 2] = ms;
      rows[used + 3] = FAULTS.indexOf(fault);
      rows[used + 4] = node === undefined ? -1 : NODES.indexOf(node);
      rows[used + 5] = begunAt ?? 0;
      used += COLUMNS;
    },
    packed: () => rows.slice(0, used),
  };
}

export function unpack(packed: Packed): Request[] {
  return Array.from({ length: packed.length / COLUMNS }, (_, row) => {
    const at = (column: number) => packed[row * COLUMNS + column] ?? NaN;
    const node = NODES[at(4)];
    return {
      kind: KINDS[at(0)] ?? 'keep-alive',
      sentAt: at(1),
      ms: at(2),
      fault: FAULTS[at(3)] ?? 'none',
      ...(node === undefined ? {} : { node, begunAt: at(5) }),
    };
  });
}
