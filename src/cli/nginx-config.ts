import { nginxInclude } from '../adapters/traffic/nginx/config.ts';
import { httpFile, locationFile, serverFile } from '../adapters/traffic/nginx/layout.ts';
import type { EntryVia, Plan } from '../domain/plan/index.ts';

/**
 * What `crossfade nginx-config PLAN` prints: the three files, and how to use them. `--install` writes them instead
 * (`installNginx`).
 */
export function nginxConfigText(
  entry: EntryVia<'nginx'>,
  { x, y, traffic }: Pick<Plan, 'x' | 'y' | 'traffic'>,
): string {
  const weights = traffic.steps.map((step) => step.y);
  const include = nginxInclude(entry, { x: x.nodes, y: y.nodes, weights });
  const files = { http: httpFile, server: serverFile, location: locationFile } as const;
  const texts = (['http', 'server', 'location'] as const).map(
    (part) => `### ${files[part](entry.directory)}\n${include[part]}`,
  );
  return `${howToUse(entry.directory)}\n${texts.join('\n')}`;
}

/** Where nginx's own configuration takes them in. */
export function howToUse(directory: string): string {
  return `### In nginx's own configuration, once:
#
#   http {
#       include ${httpFile(directory)};
#       server {
#           include ${serverFile(directory)};
#           location / {
#               include ${locationFile(directory)};
#           }
#       }
#   }
#
# Then \`nginx -t\` and one reload, at a quiet moment: it breaks the next request of every client that keeps its connection
# open. After that Crossfade changes weights and single nodes without any.
`;
}
