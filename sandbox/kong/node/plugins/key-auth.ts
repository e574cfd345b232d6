import type { Json } from '../../schema/fields.ts';
import { atLeast, type KongVersion } from '../../schema/versions.ts';
import type { Credentials } from '../credentials.ts';
import type { Credential } from '../model.ts';
import type { Exchange, Plugin, Reply } from './plugin.ts';

function keyOf(exchange: Exchange, names: readonly string[], config: Json): string | undefined {
  for (const name of names) {
    const header = config['key_in_header'] === true ? exchange.request.headers[name.toLowerCase()] : undefined;
    if (typeof header === 'string' && header !== '') return header;
    if (config['key_in_query'] === true && exchange.query !== '') {
      const value = new URLSearchParams(exchange.query).get(name);
      if (value !== null && value !== '') return value;
    }
  }
  return undefined;
}

function accept(exchange: Exchange, credential: Credential): void {
  const { consumer } = credential;
  exchange.consumer = consumer;
  exchange.credentialId = credential.id;
  exchange.upstreamHeaders['X-Consumer-ID'] = consumer.id;
  if (consumer.custom_id !== null) exchange.upstreamHeaders['X-Consumer-Custom-ID'] = consumer.custom_id;
  if (consumer.username !== null) exchange.upstreamHeaders['X-Consumer-Username'] = consumer.username;
  exchange.upstreamHeaders['X-Credential-Identifier'] = credential.id;
}

/** Lets only requests with a known API key pass. */
export function keyAuth(version: KongVersion, priority: number, config: Json, credentials: Credentials): Plugin {
  const names = config['key_names'] as string[];
  const realm = atLeast(version, '3.7.1') ? config['realm'] : 'kong';
  const challenge = typeof realm === 'string' ? `Key realm="${realm}"` : 'Key';
  const refuse = (message: string): Reply => ({ status: 401, message, headers: { 'WWW-Authenticate': challenge } });
  const decide = (exchange: Exchange, credential: Credential | undefined): Reply | undefined => {
    if (credential === undefined) return refuse('Unauthorized');
    if (config['hide_credentials'] === true) for (const name of names) exchange.hiddenHeaders.add(name.toLowerCase());
    accept(exchange, credential);
    return undefined;
  };
  return {
    name: 'key-auth',
    priority,
    access(exchange) {
      if (config['run_on_preflight'] === false && exchange.request.method === 'OPTIONS') return undefined;
      const key = keyOf(exchange, names, config);
      if (key === undefined) return refuse('No API key found in request');
      const found = credentials.find(key);
      return found instanceof Promise
        ? found.then((credential) => decide(exchange, credential))
        : decide(exchange, found);
    },
  };
}
