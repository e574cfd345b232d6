import { CrossfadeError } from '../../../domain/errors/index.ts';

const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EISDIR', 'ENOTDIR']);

/** Turns what the file system refuses into an error that says where. */
export async function onDisk<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (cause instanceof CrossfadeError || code === undefined || !REFUSED.has(code)) throw cause;
    throw new CrossfadeError(
      'BalancerUnwritable',
      `The directory ${directory} of nginx can't be changed: ${message}.`,
      { cause },
    );
  }
}
