import { call } from '../kong/get.ts';
import { adminHeaders } from '../kong/headers.ts';
import type { Secrets } from '../secrets.ts';
import { failed, unusable } from './failed.ts';
import type { DeckTarget } from './port.ts';

const TIMEOUT = 10_000;
/** A dump without any of these dumps nothing. */
const KINDS = ['services', 'routes', 'plugins', 'consumers', 'upstreams', 'certificates'];

interface Page {
  readonly data?: readonly { readonly name?: string }[] | object;
  readonly next?: string | null;
}

/** One page of a list; `undefined` where Kong does not know the path. */
async function list(secrets: Secrets, { admin, access }: DeckTarget, path: string): Promise<Page | undefined> {
  const { status, body } = await call({
    ...{ url: `${admin}${path}`, headers: adminHeaders(secrets, access), tls: access, timeout: TIMEOUT },
    who: 'The Admin API',
  });
  if (status === 404) return undefined;
  if (status === 401 || status === 403)
    throw unusable(`${admin}${path} answers ${status}, so nobody knows what there is to dump`);
  if (status !== 200) throw failed(`${admin}${path} answers ${status}, so nobody knows what there is to dump`);
  return JSON.parse(body) as Page;
}

// A Lua table without entries is printed as an object by older versions.
const entitiesOf = ({ data }: Page): readonly { readonly name?: string }[] => (Array.isArray(data) ? data : []);

export async function workspacesOf(secrets: Secrets, target: DeckTarget): Promise<string[] | undefined> {
  const names: string[] = [];
  for (let path: string | null | undefined = '/workspaces?size=1000'; path;) {
    const page: Page | undefined = await list(secrets, target, path);
    if (page === undefined) return undefined;
    names.push(...entitiesOf(page).flatMap(({ name }) => name ?? []));
    path = page.next;
  }
  if (names.length === 0) throw failed(`${target.admin}/workspaces shows no workspace, not even the default one`);
  return names;
}

/** Whether a workspace, or a Kong without workspaces, has anything that decK would dump. */
export async function hasEntities(
  secrets: Secrets,
  target: DeckTarget,
  workspace: string | undefined,
): Promise<boolean> {
  const below = workspace === undefined ? '' : `/${encodeURIComponent(workspace)}`;
  const pages = await Promise.all(KINDS.map((kind) => list(secrets, target, `${below}/${kind}?size=1`)));
  return pages.some((page) => page !== undefined && entitiesOf(page).length > 0);
}
