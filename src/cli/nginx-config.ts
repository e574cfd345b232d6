import { nginxInclude } from '../adapters/traffic/nginx/config.ts';
import { httpFile, locationFile, serverFile } from '../adapters/traffic/nginx/layout.ts';
import type { Plan } from '../domain/plan/index.ts';

/**
 * What `crossfade nginx-config PLAN` prints: the three files, and how to use them. `--install` writes them instead
 * (`installNginx`).
 */
export function nginxConfigText({ x, y, traffic }: Pick<Plan, 'x' | 'y' | 'traffic'>): string {
  const include = nginxInclude(x.nodes, y.nodes, traffic);
  const files = { http: httpFile, server: serverFile, location: locationFile } as const;
  const texts = (['http', 'server', 'location'] as const).map(
    (part) => `### ${files[part](traffic.directory)}\n${include[part]}`,
  );
  return `${howToUse(traffic.directory)}\n${texts.join('\n')}`;
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
