/** How far an activity is that moves bytes, as it reports it while it runs. */
export interface ByteProgress {
  /** `dumping kong`, `reading back database.dump`, ... */
  readonly doing: string;
  /** So far. */
  readonly bytes: number;
  /** What it will be, as far as one can know: it may turn out to be more or less. */
  readonly total?: number;
  /** Of the last seconds, not since the beginning: 0 when nothing moves. */
  readonly perSecond?: number;
}
