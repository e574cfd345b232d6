import { parse } from 'yaml';
import { failed } from './failed.ts';

/** What decK writes about a file stands at its top, and is short. */
const HEAD = 64 * 1024;

/** Passes on what deck prints, and refuses to end if that was not the configuration of this workspace. */
export async function* declarative(
  output: AsyncIterable<Uint8Array>,
  workspace: string | undefined,
  /** Whether Kong has anything to dump there. */
  hasEntities: () => Promise<boolean>,
): AsyncGenerator<Uint8Array> {
  const head: Buffer[] = [];
  let size = 0;
  for await (const chunk of output) {
    if (size < HEAD) head.push(Buffer.from(chunk));
    size += chunk.length;
    yield chunk;
  }
  const where = workspace === undefined ? '' : ` for workspace ${workspace}`;
  const text = Buffer.concat(head).subarray(0, HEAD).toString('utf8');
  if (text.trim() === '') throw failed(`deck ended well and printed nothing${where}`);
  const { about, empty } = split(text);
  if (about?.['_format_version'] === undefined || about['_konnect'] !== undefined)
    throw failed(`deck ended well and printed something else than a configuration of Kong Gateway${where}`);
  const its = about['_workspace'];
  if (its !== workspace && !(workspace === undefined && its === 'default'))
    throw failed(
      `deck ended well and printed the configuration of ${its === undefined ? 'no workspace' : JSON.stringify(its)}${where}`,
    );
  if (empty && (await hasEntities()))
    throw failed(`deck ended well and printed no entity${where}, and Kong has some there`);
}

/** What begins with an underscore is about the file; entities come after it. */
function split(text: string): { about: Record<string, unknown> | undefined; empty: boolean } {
  const begin = text.search(/^[^_#\s-]/m);
  return { about: fields(begin === -1 ? text : text.slice(0, begin)), empty: begin === -1 };
}

function fields(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
