/** Where the sandbox prints what it does: standard error, so that a command's own output stays clean. */
export type Print = (line: string) => void;

export const printToStderr: Print = (line) => void process.stderr.write(`${line}\n`);

export const printNothing: Print = () => undefined;

/** Does `work` and prints one line when it has ended: what it was, and how long it took. */
export async function step<T>(print: Print, what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  try {
    const result = await work();
    print(`${what}: ${seconds()} s`);
    return result;
  } catch (error) {
    print(`${what}: failed after ${seconds()} s`);
    throw error;
  }
}
