import { CrossfadeError } from '../../domain/errors/index.ts';

const NOT_PERMITTED = '42501';

/** Runs `work`; what PostgreSQL does not permit becomes `DatabaseNotPermitted`, with a text that says which right is missing. */
export async function permitted<T>(work: () => Promise<T>, textOf: (refusal: string) => string): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    if (code !== NOT_PERMITTED) throw cause;
    throw new CrossfadeError('DatabaseNotPermitted', textOf(message), { cause });
  }
}
