import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ReportFiles } from './port.ts';

export const localReportFiles: ReportFiles = {
  async write(directory, folder, name, text) {
    const place = resolve(directory, folder);
    await mkdir(place, { recursive: true });
    const file = join(place, name);
    // Whoever looks at the file while it is written sees the old one or the new one.
    const temporary = `${file}.${process.pid}.tmp`;
    await writeFile(temporary, text);
    await rename(temporary, file);
    if ((await readFile(file, 'utf8')) !== text) throw new Error(`${file} was written and reads back differently`);
    return file;
  },
};
