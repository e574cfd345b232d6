import type { ByteProgress } from '../domain/progress.ts';
import { reportLive } from './progress.ts';

/** The rate is of so many milliseconds at least, once it has taken as long. */
const WINDOW = 5_000;

/**
 * Shows how far a transfer is. Returns what is called with the bytes so far: as often as one likes.
 * @param doing what people read: `dumping kong`
 * @param total bytes that it will be, as far as one can know
 */
export function reportBytes(doing: string, total?: number): (bytes: number) => void {
  let bytes = 0;
  const samples = [{ at: performance.now(), bytes }];
  reportLive((): ByteProgress => {
    const at = performance.now();
    samples.push({ at, bytes });
    // The newest of those that are old enough is where the window begins.
    while (samples[1] !== undefined && at - samples[1].at >= WINDOW) samples.shift();
    const [first] = samples;
    const seconds = first === undefined ? 0 : (at - first.at) / 1_000;
    const moved = bytes - (first?.bytes ?? bytes);
    return {
      ...{ doing, bytes },
      ...(total === undefined ? {} : { total }),
      // What began just now has no rate yet.
      ...(seconds < 0.5 ? {} : { perSecond: Math.round(moved / seconds) }),
    };
  });
  return (now) => void (bytes = now);
}
