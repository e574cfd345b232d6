export type { Control, Reason, Sample, SideFigures, Verdict, WatchResult } from './types.ts';
