import type { Json } from '../schema/fields.ts';

/** A row of `services`, as far as the proxy needs it. */
export interface Service {
  readonly id: string;
  readonly name: string | null;
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly path: string | null;
  readonly connect_timeout: number;
  readonly read_timeout: number;
  readonly enabled: boolean;
}

/** A row of `routes`, as far as the proxy needs it. */
export interface Route {
  readonly id: string;
  readonly name: string | null;
  readonly service_id: string | null;
  readonly methods: readonly string[] | null;
  readonly hosts: readonly string[] | null;
  readonly paths: readonly string[] | null;
  readonly regex_priority: number | null;
  readonly strip_path: boolean;
  readonly preserve_host: boolean;
  readonly created_at: number;
}

/** A row of `plugins`. */
export interface PluginRow {
  readonly id: string;
  readonly name: string;
  readonly route_id: string | null;
  readonly service_id: string | null;
  readonly consumer_id: string | null;
  readonly enabled: boolean;
  readonly config: Json;
}

/** Who sent a request, once an authentication plugin knows. */
export interface Consumer {
  readonly id: string;
  readonly username: string | null;
  readonly custom_id: string | null;
}

/** An API key with its owner. */
export interface Credential {
  readonly id: string;
  readonly consumer: Consumer;
  /** Seconds since 1970, or null for a key that does not expire. */
  readonly expires: number | null;
}
