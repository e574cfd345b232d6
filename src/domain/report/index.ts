export type * from './types.ts';
export { buildReport } from './build.ts';
export { renderReport } from './html/page.ts';
