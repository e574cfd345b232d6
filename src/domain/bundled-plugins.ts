import { compareVersions, isEnterprise, parseVersion, type KongVersion } from './version.ts';

const SINCE_2_8 = [
  ...['acl', 'acme', 'aws-lambda', 'azure-functions', 'basic-auth', 'bot-detection', 'correlation-id', 'cors'],
  ...['datadog', 'file-log', 'grpc-gateway', 'grpc-web', 'hmac-auth', 'http-log', 'ip-restriction', 'jwt', 'key-auth'],
  ...['ldap-auth', 'loggly', 'oauth2', 'post-function', 'pre-function', 'prometheus', 'proxy-cache', 'rate-limiting'],
  ...['request-size-limiting', 'request-termination', 'request-transformer', 'response-ratelimiting'],
  ...['response-transformer', 'session', 'statsd', 'syslog', 'tcp-log', 'udp-log', 'zipkin'],
];

const since = (major: number, minor: number): KongVersion => ({ major, minor, patch: 0, build: 0 });

const LATER: readonly (readonly [KongVersion, readonly string[]])[] = [
  [since(3, 0), ['opentelemetry']],
  [
    since(3, 6),
    [
      ...['ai-proxy', 'ai-prompt-decorator', 'ai-prompt-guard', 'ai-prompt-template'],
      ...['ai-request-transformer', 'ai-response-transformer'],
    ],
  ],
  [since(3, 8), ['standard-webhooks']],
  [since(3, 9), ['redirect']],
];

/** The last version whose bundle is known. */
const LAST_KNOWN = since(3, 10);

/**
 * Whether `plugins = bundled` loads a plugin in a version of Kong. Of Enterprise's bundles, and of versions that came later, nothing is
 * known: there every plugin may be bundled.
 */
export function isBundled(name: string, version: string): boolean {
  const parsed = parseVersion(version);
  if (parsed === undefined || isEnterprise(version) || compareVersions(parsed, LAST_KNOWN) >= 0) return true;
  return (
    SINCE_2_8.includes(name) ||
    LATER.some(([from, names]) => compareVersions(from, parsed) <= 0 && names.includes(name))
  );
}
