export const percent = (share: number): string => `${Number((share * 100).toFixed(share < 0.01 ? 2 : 1))} %`;
export const amount = (part: number, whole: number): string =>
  `${part} of ${whole} requests (${percent(part / whole)})`;
export const milliseconds = (ms: number): string => `${Math.round(ms)} ms`;
