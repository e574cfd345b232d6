import { CrossfadeError } from '../../domain/errors/index.ts';

const REFUSED: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EIO', 'EISDIR', 'ENOTDIR'];

/**
 * Turns what the file system refuses into the error `BalancerUnwritable`, which says where.
 *
 * @param also codes that count as refused besides those that do everywhere
 */
export async function orUnwritable<T>(place: string, work: () => Promise<T>, also: readonly string[] = []): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (cause instanceof CrossfadeError || code === undefined || ![...REFUSED, ...also].includes(code)) throw cause;
    throw new CrossfadeError('BalancerUnwritable', `${place} can't be changed: ${message}.`, { cause });
  }
}

/** What can't be written down must not keep the traffic on Y. */
export const isUnwritable = (error: unknown): error is CrossfadeError =>
  error instanceof CrossfadeError && error.code === 'BalancerUnwritable';
