/** Turns values from 0 up into places on the page, with round labels. */
export interface ValueScale {
  at(value: number): number;
  readonly ticks: readonly number[];
  readonly max: number;
}

/** @param least the smallest maximum: a line of almost nothing must not look like a mountain */
export function valueScale(values: readonly number[], least: number, top: number, bottom: number): ValueScale {
  const highest = values.reduce((most, one) => Math.max(most, one), least);
  const step = niceStep(highest / 3);
  const max = Math.ceil(highest / step) * step;
  const count = Math.round(max / step);
  return {
    max,
    at: (value) => bottom - (Math.min(value, max) / max) * (bottom - top),
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
  };
}

function niceStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const factor = [1, 2, 2.5, 5, 10].find((one) => one * power >= wanted * 0.999) ?? 10;
  return factor * power;
}
