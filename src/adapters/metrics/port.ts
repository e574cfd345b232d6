import type { MetricsAddresses } from '../../domain/plan/index.ts';
import type { SideReading } from '../../domain/verdict/index.ts';

/** Where the figures of a side come from. */
export interface Metrics {
  /** The counters of every node of the side, now. Never throws: a side that can't be read says why. */
  read(cluster: MetricsAddresses): Promise<SideReading>;
}
