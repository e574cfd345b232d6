export type { NodeCounters, NodesCounters, SideReading } from './counters.ts';
export { judge } from './judge.ts';
export type { LiveWatch } from './live.ts';
export { addSamples } from './samples.ts';
export { observe, startWatch, type Reading, type WatchRules, type WatchState } from './series.ts';
export type { Control, Reason, Sample, SideFigures, Verdict, WatchResult } from './types.ts';
