import { join } from 'node:path';
import { installNginx } from '../../src/adapters/traffic/nginx/install.ts';
import type { EntryVia, Plan } from '../../src/domain/plan/index.ts';
import { entriesOf } from '../../src/domain/traffic/balancers.ts';
import { startNginx, type Nginx } from '../servers/nginx.ts';

/** nginx with what Crossfade needs installed, before there is any load: so that no reload is ever needed under it. */
export async function startBalancer(dir: string, port: number, plan: Plan): Promise<Nginx> {
  const [entry] = entriesOf(plan.traffic);
  const files = await installNginx(entry as EntryVia<'nginx'>, plan);
  return startNginx({
    dir: join(dir, 'nginx'),
    http: `log_format sides '$time_iso8601 $crossfade_side "$request" $status $request_time';
access_log access.log sides;
keepalive_requests 1000000;
include ${files.http};
server {
  listen 127.0.0.1:${port} backlog=4096;
  include ${files.server};
  location / {
    include ${files.location};
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  }
}`,
  });
}
