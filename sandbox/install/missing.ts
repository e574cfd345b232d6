/** A program that is neither there nor can be installed here: what it is, and how to get it. */
export interface MissingProgram {
  readonly program: string;
  readonly needs: string;
}

/** Names all missing programs at once, so that a person has to go and get them only once. */
export class MissingPrograms extends Error {
  override name = 'MissingPrograms';
  readonly missing: readonly MissingProgram[];

  constructor(missing: readonly MissingProgram[]) {
    const width = Math.max(...missing.map(({ program }) => program.length));
    const lines = missing.map(({ program, needs }) => `  ${program.padEnd(width)}  ${needs}`);
    const what = missing.length === 1 ? '1 program is missing' : `${missing.length} programs are missing`;
    super(`${what}, and can't be installed here by itself:\n${lines.join('\n')}\nThen run the same command again.`);
    this.missing = missing;
  }
}
