import { flag, foreign, list, map, number, required, text, type Fields } from '../../schema/fields.ts';
import type { Concern } from '../events.ts';

/** A kind of thing that the Admin API creates, reads, updates and deletes. */
export interface Entity {
  readonly table: string;
  /** Field that can stand for the id in a path. */
  readonly key?: string;
  readonly fields: Fields;
  readonly concern: Concern;
  readonly updatedAt: boolean;
}

const timeouts = { connect_timeout: number(60_000), write_timeout: number(60_000), read_timeout: number(60_000) };

export const SERVICES: Entity = {
  table: 'services',
  key: 'name',
  concern: 'core',
  updatedAt: true,
  fields: {
    ...{
      name: text(),
      retries: number(5),
      protocol: text('http'),
      host: required(text()),
      port: number(80),
      path: text(),
    },
    ...timeouts,
    ...{ tags: list(), client_certificate: foreign(), tls_verify: flag(), tls_verify_depth: number() },
    ...{ ca_certificates: list(), enabled: flag(true) },
  },
};

export const ROUTES: Entity = {
  table: 'routes',
  key: 'name',
  concern: 'core',
  updatedAt: true,
  fields: {
    ...{
      name: text(),
      protocols: list(['http', 'https']),
      methods: list(),
      hosts: list(),
      paths: list(),
      headers: map(),
    },
    ...{ https_redirect_status_code: number(426), regex_priority: number(0), strip_path: flag(true) },
    ...{ path_handling: text('v0'), preserve_host: flag(false), request_buffering: flag(true) },
    ...{
      response_buffering: flag(true),
      snis: list(),
      sources: list(),
      destinations: list(),
      tags: list(),
      service: foreign(),
    },
  },
};

export const CONSUMERS: Entity = {
  table: 'consumers',
  key: 'username',
  concern: 'credentials',
  updatedAt: true,
  fields: { username: text(), custom_id: text(), tags: list() },
};

export const KEYS: Entity = {
  table: 'keyauth_credentials',
  key: 'key',
  concern: 'credentials',
  updatedAt: false,
  fields: { key: text(), ttl: number(), tags: list(), consumer: foreign() },
};

export const ACLS: Entity = {
  table: 'acls',
  key: 'group',
  concern: 'credentials',
  updatedAt: false,
  fields: { group: required(text()), tags: list(), consumer: foreign() },
};

export const PLUGINS: Entity = {
  table: 'plugins',
  key: 'instance_name',
  concern: 'core',
  updatedAt: true,
  fields: {
    ...{ name: required(text()), instance_name: text(), config: map(), enabled: flag(true), tags: list() },
    ...{
      protocols: list(['grpc', 'grpcs', 'http', 'https']),
      service: foreign(),
      route: foreign(),
      consumer: foreign(),
    },
  },
};

export const UPSTREAMS: Entity = {
  table: 'upstreams',
  key: 'name',
  concern: 'core',
  updatedAt: true,
  fields: {
    ...{ name: required(text()), algorithm: text('round-robin'), slots: number(10_000), hash_on: text('none') },
    ...{ hash_fallback: text('none'), hash_on_header: text(), hash_fallback_header: text(), hash_on_cookie: text() },
    ...{
      hash_on_cookie_path: text('/'),
      healthchecks: map(),
      host_header: text(),
      tags: list(),
      use_srv_name: flag(false),
    },
    ...{ hash_on_query_arg: text(), hash_fallback_query_arg: text(), hash_on_uri_capture: text() },
    ...{ hash_fallback_uri_capture: text(), client_certificate: foreign() },
  },
};

export const TARGETS: Entity = {
  table: 'targets',
  key: 'target',
  concern: 'core',
  updatedAt: true,
  fields: { target: required(text()), weight: number(100), tags: list(), upstream: foreign() },
};

/** Collections by their name in a path, with what they hold of an owner. */
export const COLLECTIONS: Readonly<Record<string, Entity>> = {
  services: SERVICES,
  routes: ROUTES,
  consumers: CONSUMERS,
  plugins: PLUGINS,
  upstreams: UPSTREAMS,
  'key-auths': KEYS,
  acls: ACLS,
};

/** What belongs to one thing: `/services/echo/routes`; the field that points back to it. */
export const OWNED: Readonly<Record<string, Readonly<Record<string, readonly [Entity, field: string]>>>> = {
  services: { routes: [ROUTES, 'service'], plugins: [PLUGINS, 'service'] },
  routes: { plugins: [PLUGINS, 'route'] },
  consumers: { 'key-auth': [KEYS, 'consumer'], acls: [ACLS, 'consumer'], plugins: [PLUGINS, 'consumer'] },
  upstreams: { targets: [TARGETS, 'upstream'] },
};
