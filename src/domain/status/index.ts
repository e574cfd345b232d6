export type * from './types.ts';
export { renderStatus } from './render.ts';
