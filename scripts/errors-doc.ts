// Writes docs/errors.md from the catalogue: `node scripts/errors-doc.ts`. A test compares the two.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { errorCatalogue } from '../src/domain/errors/index.ts';

export const errorsFile = fileURLToPath(new URL('../docs/errors.md', import.meta.url));

/** The page, from the catalogue. */
export async function errorsPage(): Promise<string> {
  const entries = Object.entries(errorCatalogue).sort(([a], [b]) => a.localeCompare(b));
  const sections = entries.map(([code, { what, means, todo, retryable }]) =>
    [
      `## ${code}`,
      what,
      `- **For the upgrade:** ${means}`,
      `- **What to do:** ${todo}`,
      `- **Tried again by itself:** ${retryable ? 'yes, up to 20 times with growing pauses; then the upgrade stops as below' : 'no'}`,
    ].join('\n\n'),
  );
  const page = `# Errors

Every failure that Crossfade raises on purpose, by its code: the type of the failure in the Temporal UI, and \`failure.code\` in
\`status\`. The message beside it says on which thing. Made from \`src/domain/errors/\` by \`node scripts/errors-doc.ts\`.

What a failure that is not tried again (any more) leads to: in \`preflight\` the upgrade is \`refused\`, nothing was changed. Later, all
traffic goes back to X and the upgrade is held, until a person answers \`retry\` or \`abandon\`. After \`finish\` has begun it is held
where it is. A code that is not listed here, such as \`Unexpected\`, is a mistake of Crossfade or of the surroundings that nobody foresaw: it is tried
again, then treated the same way.

${sections.join('\n\n')}
`;
  return format(page, { ...(await resolveConfig(errorsFile)), parser: 'markdown' });
}

if (import.meta.main) writeFileSync(errorsFile, await errorsPage());
