/** The field manager of everything that Crossfade applies. */
export const MANAGER = 'crossfade';

/** Whose the last change was, in the annotations of each object that carries traffic. */
export const MARKS = {
  epoch: 'crossfade.dev/epoch',
  run: 'crossfade.dev/run',
  weight: 'crossfade.dev/weight',
} as const;

/** On objects that Crossfade made, so that it never touches somebody else's of the same name. */
export const MADE_BY = { 'app.kubernetes.io/managed-by': MANAGER } as const;
