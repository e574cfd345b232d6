import { stringify } from 'yaml';
import type { Admin, Entity } from './admin.ts';

interface Asked {
  readonly workspace: string | undefined;
  readonly ids: boolean;
  readonly skipDefaults: boolean;
}

/** Never part of a dump. */
const DROPPED = new Set(['created_at', 'updated_at', 'ws_id']);

/** What Kong fills in, of those fields that the tests have. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  ...{ port: 80, protocol: 'http', retries: 5, enabled: true, strip_path: true, preserve_host: false },
  ...{ connect_timeout: 60_000, read_timeout: 60_000, write_timeout: 60_000 },
  ...{ request_buffering: true, response_buffering: true, https_redirect_status_code: 426, path_handling: 'v0' },
};

/** A dump of services with their routes, plugins and consumers, in the order of decK: what is about the file comes first. */
export async function dump(admin: Admin, asked: Asked): Promise<string> {
  const { workspace } = asked;
  if (workspace !== undefined && !(await admin.workspaceExists(workspace)))
    throw new Error(`workspace '${workspace}' does not exist in Kong`);
  const kinds = ['services', 'routes', 'plugins', 'consumers'];
  const [services = [], routes = [], plugins = [], consumers = []] = await Promise.all(
    kinds.map((kind) => admin.list(workspace, kind)),
  );
  const shown = (entities: readonly Entity[]) => entities.map((entity) => clean(entity, asked));
  const routesOf = (service: Entity) =>
    shown(routes.filter((route) => refersTo(route['service'], service.id))).map(({ service: _, ...route }) => route);
  const content = {
    services: services.map((service) => ({ ...clean(service, asked), routes: routesOf(service) })),
    routes: shown(routes.filter((route) => route['service'] === null || route['service'] === undefined)),
    plugins: shown(plugins),
    consumers: shown(consumers),
  };
  const filled = Object.fromEntries(Object.entries(content).filter(([, list]) => list.length > 0));
  return stringify({
    _format_version: '3.0',
    ...(workspace === undefined ? {} : { _workspace: workspace }),
    ...filled,
  });
}

const refersTo = (reference: unknown, id: string): boolean => (reference as { id?: string } | null)?.id === id;

/** decK leaves out what is empty. */
const clean = (entity: Entity, { ids, skipDefaults }: Asked): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(entity).filter(
      ([name, value]) =>
        value !== null &&
        !DROPPED.has(name) &&
        (ids || name !== 'id') &&
        !(skipDefaults && name in DEFAULTS && DEFAULTS[name] === value),
    ),
  );
