// What plugin acme does to `certificates` and `snis`, statement by statement as Kong's data access does it.

const TAG = `'{managed-by-acme}'`;
const NOW = `TO_TIMESTAMP(1764000000) AT TIME ZONE 'UTC'`;
const WORKSPACE = '(SELECT id FROM workspaces)';

export const OLD = '00000000-0000-4000-8000-0000000000c1';
export const NEW = '00000000-0000-4000-8000-0000000000c2';
export const BY_HAND = '00000000-0000-4000-8000-0000000000c3';
const SOME_ID = '00000000-0000-4000-8000-0000000000ff';

export const insertCertificate = (id: string, tags = TAG): string =>
  `INSERT INTO "certificates" ("id", "created_at", "updated_at", "cert", "key", "cert_alt", "key_alt", "tags", "ws_id")
   VALUES ('${id}', ${NOW}, ${NOW}, 'a certificate', 'a key', NULL, NULL, ${tags}, ${WORKSPACE}) RETURNING "id"`;

export const upsertSni = (name: string, certificate: string, tags = TAG): string =>
  `INSERT INTO "snis" ("id", "created_at", "updated_at", "name", "certificate_id", "tags", "ws_id")
   VALUES (gen_random_uuid(), ${NOW}, ${NOW}, '${name}', '${certificate}', ${tags}, ${WORKSPACE})
   ON CONFLICT ("name") DO UPDATE SET "created_at" = EXCLUDED."created_at", "updated_at" = EXCLUDED."updated_at",
     "name" = EXCLUDED."name", "certificate_id" = EXCLUDED."certificate_id", "tags" = EXCLUDED."tags",
     "ws_id" = EXCLUDED."ws_id" RETURNING "id"`;

export const deleteCertificate = (id: string): string =>
  `DELETE FROM "certificates" WHERE "id" = '${id}' AND "ws_id" = ${WORKSPACE}`;

export const acmePlugin = (enabled = true): string =>
  `INSERT INTO plugins (id, name, config, enabled, ws_id, cache_key, route_id)
   SELECT '${SOME_ID}', 'acme', '{"storage": "redis", "domains": ["shop.example.com"]}', ${enabled}, id, 'acme',
     '00000000-0000-4000-8000-000000000002' FROM workspaces`;

/** A certificate that the plugin ordered, and one that a person uploaded, each with its SNI. */
export const CERTIFICATES = [
  insertCertificate(OLD),
  upsertSni('shop.example.com', OLD),
  insertCertificate(BY_HAND, `'{team-a}'`),
  upsertSni('www.example.com', BY_HAND, 'NULL'),
].join(';\n');
