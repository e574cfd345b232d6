import { atLeast, type KongVersion } from './versions.ts';

/** Bundled plugins of every release played here, with their priorities (higher runs first). */
const COMMON: Readonly<Record<string, number>> = {
  jwt: 1450,
  acl: 950,
  cors: 2000,
  oauth2: 1400,
  'tcp-log': 7,
  'udp-log': 8,
  'file-log': 9,
  'http-log': 12,
  'key-auth': 1250,
  'hmac-auth': 1030,
  'basic-auth': 1100,
  'ip-restriction': 990,
  'request-transformer': 801,
  'response-transformer': 800,
  'request-size-limiting': 951,
  'rate-limiting': 910,
  'response-ratelimiting': 900,
  syslog: 4,
  loggly: 6,
  datadog: 10,
  'ldap-auth': 1200,
  statsd: 11,
  'bot-detection': 2500,
  'aws-lambda': 750,
  'request-termination': 2,
  prometheus: 13,
  'proxy-cache': 100,
  session: 1900,
  acme: 1705,
  'grpc-gateway': 998,
  'grpc-web': 3,
  'pre-function': 1000000,
  'post-function': -1000,
  'azure-functions': 749,
  zipkin: 100000,
  opentelemetry: 14,
};

const SINCE_3_6: Readonly<Record<string, number>> = {
  'ai-proxy': 770,
  'ai-prompt-decorator': 772,
  'ai-prompt-template': 773,
  'ai-prompt-guard': 771,
  'ai-request-transformer': 777,
  'ai-response-transformer': 768,
};

const SINCE_3_9: Readonly<Record<string, number>> = { 'standard-webhooks': 760, redirect: 779 };

/** Name and priority of each plugin that a release brings along. */
export function bundledPlugins(version: KongVersion): ReadonlyMap<string, number> {
  const priorities = new Map(Object.entries(COMMON));
  priorities.set('correlation-id', atLeast(version, '3.6.1') ? 100001 : 1);
  if (atLeast(version, '3.6.1'))
    for (const [name, priority] of Object.entries(SINCE_3_6)) priorities.set(name, priority);
  if (atLeast(version, '3.9.0'))
    for (const [name, priority] of Object.entries(SINCE_3_9)) priorities.set(name, priority);
  return priorities;
}
