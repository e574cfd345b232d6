import { orUnwritable } from '../unwritable.ts';

/** Turns what the file system refuses into an error that says where. */
export const onDisk = <T>(directory: string, work: () => Promise<T>): Promise<T> =>
  orUnwritable(`The directory ${directory} of nginx`, work);
