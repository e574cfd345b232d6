import { nginxInclude, type NginxInclude } from '../adapters/traffic/nginx/config.ts';
import { filesOf } from '../adapters/traffic/nginx/install.ts';
import { installationFor } from '../adapters/traffic/nginx/installation.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { Entry, EntryVia, Plan } from '../domain/plan/index.ts';
import { joined } from '../domain/plan/sentences.ts';
import { entriesOf } from '../domain/traffic/balancers.ts';

type PlanOfTraffic = Pick<Plan, 'x' | 'y' | 'traffic'>;

/** The entry point with this name, or the only one that is nginx. Error `PlanInvalid` when that is not one. */
export function nginxEntryOf({ traffic }: Pick<Plan, 'traffic'>, name: string | undefined): EntryVia<'nginx'> {
  const found = entriesOf(traffic).filter((one) => one.via === 'nginx');
  const names = found.map((entry) => entry.name ?? entry.via).join(', ');
  if (found.length === 0) throw invalid(elsewhere(entriesOf(traffic)));
  const chosen = name === undefined ? found : found.filter((entry) => (entry.name ?? entry.via) === name);
  const [entry, ...others] = chosen;
  if (entry === undefined) throw invalid(`The plan has no nginx with the name ${name}; it has ${names}.`);
  if (others.length > 0) throw invalid(`The plan has several nginx: choose one of ${names} with --entry.`);
  return entry;
}

const elsewhere = (entries: readonly Entry[]): string => {
  const pages = joined([...new Set(entries.map(({ via }) => `docs/traffic/${via}.md`))]);
  return `The plan's traffic does not come in through nginx, so that there is nothing to include. What it needs is in ${pages}.`;
};

const invalid = (message: string) => new CrossfadeError('PlanInvalid', message);

/**
 * What `crossfade nginx-config PLAN` prints: the files, and how to use them. `--install` writes them instead
 * (`installNginx`).
 */
export function nginxConfigText(entry: EntryVia<'nginx'>, { x, y, traffic }: PlanOfTraffic): string {
  const weights = traffic.steps.map((step) => step.y);
  const { parts } = nginxInclude(entry.directory, installationFor(entry, { x: x.nodes, y: y.nodes, weights }));
  const files = filesOf(entry.directory, parts);
  const texts = Object.entries(parts).map(([part, text]) => `### ${files[part as keyof NginxInclude]}\n${text}`);
  return `${howToUse(files)}\n${texts.join('\n')}`;
}

/** Where nginx's own configuration takes them in. */
export function howToUse({ http, server, location, 'location-grpc': grpc }: NginxInclude): string {
  const grpcLocation =
    grpc === undefined
      ? ''
      : `
#           location /package.Service/ {       # the locations of gRPC; the server listens with http2
#               include ${grpc};
#           }`;
  return `### In nginx's own configuration, once:
#
#   http {
#       include ${http};
#       server {
#           include ${server};
#           location / {
#               include ${location};
#           }${grpcLocation}
#       }
#   }
#
# Take out what the location itself has of proxy_pass, proxy_http_version, and proxy_set_header for Host, Upgrade and Connection:
# nginx would send such a header twice, and Kong refuses two of Host. Its other lines stay.
#
# Then \`nginx -t\` and one reload, at a quiet moment: it breaks the next request of every client that keeps its connection
# open. After that Crossfade changes weights and single nodes without any.
`;
}
