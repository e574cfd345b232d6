import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder for one test. `removeFolder` of the sandbox ends what runs in it and deletes it. */
export const tempFolder = (): string => mkdtempSync(join(tmpdir(), 'crossfade-test-'));
