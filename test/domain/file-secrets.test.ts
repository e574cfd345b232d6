import { expect, test } from 'vitest';
import { secretIn } from '../../src/domain/file-secrets.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test.each([
  ['kong.conf', 'pg_password = correct horse', '`pg_password`'],
  ['kong.conf', 'pg_host = db\npg_password=7', '`pg_password`'],
  ['kong.conf', 'pg_password = $ecret1', '`pg_password`'],
  ['kong.conf', "redis_password='x'", '`redis_password`'],
  ['kong.conf', 'vault_hcv_approle_secret_id = 1b2c', '`vault_hcv_approle_secret_id`'],
  ['kong.conf', 'admin_gui_session_conf = {"secret":"abc","storage":"kong"}', '`admin_gui_session_conf`'],
  ['kong.conf', 'proxy_server = http://user:pass@proxy:3128', 'a password in the address of `proxy_server`'],
  ['kong.conf', `ssl_cert_key = ${base64('-----BEGIN PRIVATE KEY-----\nMIIEvQ')}`, 'a private key'],
  ['kong.conf', `ssl_cert_key = ${base64('-----BEGIN RSA PRIVATE KEY-----\nMIIEvQ')}`, 'a private key'],
  ['/usr/local/kong/.kong_env', 'pg_password = x', '`pg_password`'],
  ['kong.service', '[Service]\nEnvironment="KONG_PG_PASSWORD=x"', '`KONG_PG_PASSWORD`'],
  ['kong.env', 'export KONG_PG_PASSWORD=x', '`KONG_PG_PASSWORD`'],
  ['docker-compose.yml', 'environment:\n  - KONG_PG_PASSWORD=x', '`KONG_PG_PASSWORD`'],
  ['values.yaml', 'pg:\n  password: |\n    x', '`password`'],
  ['settings.json', '{\n  "api_key": "x"\n}', '`api_key`'],
  ['license.json', '{"license":{"payload":{"customer":"Example"},"signature":"ab"}}', 'a licence'],
  ['tls.pem', '-----BEGIN CERTIFICATE-----\nMI\n-----BEGIN EC PRIVATE KEY-----', 'a private key'],
  ['id', '-----BEGIN OPENSSH PRIVATE KEY-----', 'a private key'],
  ['keys.txt', 'AGE-SECRET-KEY-1QQ', 'a private key'],
  ['tls.key', '\x30\x82', 'a private key'],
  ['store.p12', '\x30\x82', 'a private key'],
])('%s with %j: %s', (path, text, secret) => {
  expect(secretIn(path, text)).toBe(secret);
});

test.each([
  ['kong.conf', '#pg_password = x'],
  ['kong.conf', 'pg_password ='],
  ['kong.conf', 'pg_password =\npg_database = kong'],
  ['kong.conf', 'pg_password = # none yet'],
  ['kong.conf', 'pg_password = {vault://env/pg-password}'],
  ['kong.conf', 'admin_gui_session_conf = {"secret":"","storage":"kong"}'],
  ['kong.conf', 'portal_token_exp = 21600'],
  ['kong.conf', 'ssl_cert_key = /etc/kong/tls.key'],
  ['kong.conf', `ssl_cert = ${base64('-----BEGIN CERTIFICATE-----\nMIIEvQ and much more of it')}`],
  ['kong.conf', 'proxy_listen = 0.0.0.0:8000 reuseport'],
  ['kong.conf', 'admin_gui_url = http://localhost:8002'],
  ['values.yaml', 'password: ${PG_PASSWORD}'],
  ['values.yaml', 'password: null'],
  ['handler.lua', 'token = kong.request.get_header("x-token")'],
  ['schema.lua', 'secret = { type = "string", referenceable = true }'],
  ['tls.crt', '-----BEGIN CERTIFICATE-----\nMI'],
  ['public.pem', '-----BEGIN PUBLIC KEY-----'],
])('%s with %j: nothing', (path, text) => {
  expect(secretIn(path, text)).toBeUndefined();
});
