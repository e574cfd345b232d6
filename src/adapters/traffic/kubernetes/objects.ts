import {
  createConfiguration,
  KubernetesObjectApi,
  PatchStrategy,
  ServerConfiguration,
  type KubeConfig,
  type RequestContext,
} from '@kubernetes/client-node';
import { z } from 'zod';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import { failure, NotFound } from './failure.ts';
import { limitedHttp } from './http.ts';
import { loadKubeConfig, type ClusterRef } from './kubeconfig.ts';
import { MANAGER } from './names.ts';

export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

const labels = z.record(z.string(), z.string()).default({});

/** As much of an object as every kind has. What else it has is read by who knows the kind. */
const anyObject = z.object({
  metadata: z.object({
    uid: z.string(),
    resourceVersion: z.string(),
    generation: z.number().optional(),
    annotations: labels,
    labels,
    managedFields: z
      .array(z.object({ manager: z.string().default(''), operation: z.string(), fieldsV1: z.unknown().optional() }))
      .default([]),
  }),
  spec: z.unknown().optional(),
  status: z.unknown().optional(),
  // Of EndpointSlices, which have no `spec`.
  endpoints: z.unknown().optional(),
});
export type KubernetesObject = z.output<typeof anyObject>;

/** What is applied of an object, besides its name. */
export interface Fields {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
}

/** The objects of one cluster. Every call has a time limit. Errors as {@link failure} says. */
export interface Objects {
  /** Address of the API, for people. */
  readonly server: string;
  /** The first of these versions in which the cluster has this kind. Error `BalancerNotPrepared`. */
  version(kind: string, versions: readonly string[]): Promise<string>;
  /** Error `BalancerNotPrepared` if it is not there. */
  read(ref: ObjectRef): Promise<KubernetesObject>;
  find(ref: ObjectRef): Promise<KubernetesObject | undefined>;
  list(of: Omit<ObjectRef, 'name'>, labels: Readonly<Record<string, string>>): Promise<readonly KubernetesObject[]>;
  /**
   * Server-side apply as {@link MANAGER}: the fields become its own, and those that it had before and that are left out are given up.
   * `force`: also fields that are somebody else's. `resourceVersion`: error `Conflict` if the object is no longer that one.
   */
  apply(ref: ObjectRef, fields: Fields, how: { force: boolean; resourceVersion?: string }): Promise<KubernetesObject>;
  /** Nothing, if it is gone or is another one by now. */
  remove(ref: ObjectRef, object: KubernetesObject): Promise<void>;
}

/** The client knows which paths there are by asking once. */
class Api extends KubernetesObjectApi {
  async has(apiVersion: string, kind: string): Promise<boolean> {
    return (await this.resource(apiVersion, kind)) !== undefined;
  }
}

export const describeRef = ({ kind, namespace, name }: ObjectRef): string =>
  `${kind} ${name} in namespace ${namespace}`;

export function connect(ref: ClusterRef): Objects {
  const { config, cluster } = loadKubeConfig(ref);
  const { server } = cluster;
  const api = new Api(
    createConfiguration({
      baseServer: new ServerConfiguration(server, {}),
      authMethods: { default: { getName: () => 'kubeconfig', applySecurityAuthentication: signIn(config) } },
      httpApi: limitedHttp(server),
    }),
  );
  const ask = async <T>(asked: string, request: () => Promise<T>): Promise<T> => {
    try {
      return await request();
    } catch (error) {
      throw failure(server, asked, error);
    }
  };
  const unlessGone = <T>(error: unknown, instead: T): T => {
    if (error instanceof NotFound) return instead;
    throw error;
  };
  const header = ({ apiVersion, kind, namespace, name }: ObjectRef) => ({
    apiVersion,
    kind,
    metadata: { namespace, name },
  });
  const parse = (ref: ObjectRef, object: unknown): KubernetesObject => {
    const { success, data } = anyObject.safeParse(object);
    if (success) return data;
    throw new CrossfadeError('BalancerNonsense', `${server} gave something else than ${describeRef(ref)}.`);
  };

  const objects: Objects = {
    server,
    async version(kind, versions) {
      for (const version of versions)
        if (await ask(`looking for ${kind}`, () => api.has(version, kind)).catch((error) => unlessGone(error, false)))
          return version;
      throw new CrossfadeError('BalancerNotPrepared', `${server} has no ${kind} of ${versions.join(' or ')}.`);
    },
    async read(ref) {
      const object = await objects.find(ref);
      if (object !== undefined) return object;
      throw new CrossfadeError('BalancerNotPrepared', `${server} has no ${describeRef(ref)}.`);
    },
    find: (ref) =>
      ask(`get ${describeRef(ref)}`, async () => parse(ref, await api.read(header(ref)))).catch((error) =>
        unlessGone(error, undefined),
      ),
    list: ({ apiVersion, kind, namespace }, wanted) =>
      ask(`list ${kind} in namespace ${namespace}`, async () => {
        const selector = Object.entries(wanted).map(([name, value]) => `${name}=${value}`);
        const none = undefined;
        const { items } = await api.list(apiVersion, kind, namespace, none, none, none, none, selector.join());
        return items.map((item) => parse({ apiVersion, kind, namespace, name: 'a list' }, item));
      }),
    apply: (ref, { spec, ...metadata }, { force, resourceVersion }) =>
      ask(`patch ${describeRef(ref)}`, async () => {
        const { apiVersion, kind, metadata: name } = header(ref);
        const version = resourceVersion === undefined ? {} : { resourceVersion };
        const fields = { apiVersion, kind, metadata: { ...name, ...metadata, ...version }, ...(spec ? { spec } : {}) };
        const strategy = PatchStrategy.ServerSideApply;
        return parse(ref, await api.patch(fields, undefined, undefined, MANAGER, force, strategy));
      }),
    remove: (ref, { metadata: { uid } }) =>
      ask(`delete ${describeRef(ref)}`, async () => {
        const none = undefined;
        await api.delete(header(ref), none, none, none, none, none, { preconditions: { uid } });
      }).catch((error) => unlessGone(error, undefined)),
  };
  return objects;
}

/** Puts the credentials on a request. A command of the user's may make them: what that prints can hold a secret. */
const signIn = (config: KubeConfig) => async (request: RequestContext) => {
  try {
    await config.applySecurityAuthentication(request);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === undefined ? 'the command that makes them failed' : message;
    throw new CrossfadeError(
      'BalancerRefused',
      `The credentials of the context ${config.currentContext} can't be had: ${why}.`,
    );
  }
};
