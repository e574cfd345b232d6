import { archive } from './archive.ts';
import { find } from './find.ts';
import type { BackupFiles } from './port.ts';
import { secretOf } from './secret-of.ts';

export type * from './port.ts';

export const backupFiles: BackupFiles = { find, secretOf, archive };
