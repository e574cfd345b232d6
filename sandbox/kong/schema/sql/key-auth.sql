CREATE TABLE IF NOT EXISTS keyauth_credentials (
  id uuid NOT NULL,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  consumer_id uuid,
  key text,
  tags text[],
  ttl timestamptz,
  ws_id uuid,
  CONSTRAINT keyauth_credentials_id_ws_id_unique UNIQUE (id, ws_id),
  CONSTRAINT keyauth_credentials_pkey PRIMARY KEY (id),
  CONSTRAINT keyauth_credentials_ws_id_key_unique UNIQUE (ws_id, key),
  CONSTRAINT keyauth_credentials_consumer_id_fkey FOREIGN KEY (consumer_id, ws_id) REFERENCES consumers(id, ws_id) ON DELETE CASCADE,
  CONSTRAINT keyauth_credentials_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS keyauth_credentials_consumer_id_idx ON keyauth_credentials (consumer_id);
CREATE INDEX IF NOT EXISTS keyauth_credentials_ttl_idx ON keyauth_credentials (ttl);
CREATE INDEX IF NOT EXISTS keyauth_tags_idex_tags_idx ON keyauth_credentials USING gin (tags);
DROP TRIGGER IF EXISTS keyauth_credentials_ttl_trigger ON keyauth_credentials;
CREATE TRIGGER keyauth_credentials_ttl_trigger AFTER INSERT ON keyauth_credentials FOR EACH STATEMENT EXECUTE FUNCTION batch_delete_expired_rows('ttl');
DROP TRIGGER IF EXISTS keyauth_sync_tags_trigger ON keyauth_credentials;
CREATE TRIGGER keyauth_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON keyauth_credentials FOR EACH ROW EXECUTE FUNCTION sync_tags();
