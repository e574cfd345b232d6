CREATE TABLE IF NOT EXISTS acme_storage (
  id uuid NOT NULL,
  key text,
  value text,
  created_at timestamptz,
  ttl timestamptz,
  CONSTRAINT acme_storage_key_key UNIQUE (key),
  CONSTRAINT acme_storage_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS acme_storage_ttl_idx ON acme_storage (ttl);
DROP TRIGGER IF EXISTS acme_storage_ttl_trigger ON acme_storage;
CREATE TRIGGER acme_storage_ttl_trigger AFTER INSERT ON acme_storage FOR EACH STATEMENT EXECUTE FUNCTION batch_delete_expired_rows('ttl');
