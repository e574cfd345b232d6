import type { Installation } from './installation.ts';

export const locationPart = ({
  scheme,
}: Installation): string => `# Made by Crossfade. Belongs into the location that goes to Kong. ${besides('proxy', 'Host, Upgrade and Connection')}
${proxyTo(`${scheme}://$crossfade_upstream`, 'crossfade')}`;

export const grpcLocationPart = ({
  scheme,
}: Installation): string => `# Made by Crossfade. Belongs into the locations of gRPC. ${besides('grpc', 'Host')}
${grpcTo(`${scheme === 'https' ? 'grpcs' : 'grpc'}://$crossfade_grpc_upstream`, 'crossfade')}`;

const besides = (kind: 'proxy' | 'grpc', headers: string) => `nginx forgets the ${kind}_set_header lines of the
# outer blocks as soon as a location has one: put yours (X-Forwarded-For and the like) beside this include. But take out the
# location's own for ${headers}: nginx would send both, and Kong refuses a request with two of Host (400).`;

/** How requests are passed on, with and without Crossfade. `names` begins the names of the variables. */
export const proxyTo = (target: string, names: string): string => `proxy_pass ${target};
proxy_http_version 1.1;
proxy_set_header Host $${names}_host;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $${names}_connection;

# A node that can't be connected to is passed over, also for a POST, which no node has seen then. What was sent already is
# sent again only if its method allows it, and not after 10 s, so that a slow answer is not asked for twice.
proxy_connect_timeout 2s;
proxy_next_upstream error timeout;
proxy_next_upstream_timeout 10s;
`;

export const grpcTo = (target: string, names: string): string => `grpc_pass ${target};
grpc_set_header Host $${names}_host;

# A node that can't be connected to is passed over. gRPC is all POST: what was sent already is not sent again.
grpc_connect_timeout 2s;
grpc_next_upstream error timeout;
grpc_next_upstream_timeout 10s;
`;
