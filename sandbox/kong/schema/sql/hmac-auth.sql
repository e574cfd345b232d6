CREATE TABLE IF NOT EXISTS hmacauth_credentials (
  id uuid NOT NULL,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  consumer_id uuid,
  username text,
  secret text,
  tags text[],
  ws_id uuid,
  CONSTRAINT hmacauth_credentials_id_ws_id_unique UNIQUE (id, ws_id),
  CONSTRAINT hmacauth_credentials_pkey PRIMARY KEY (id),
  CONSTRAINT hmacauth_credentials_ws_id_username_unique UNIQUE (ws_id, username),
  CONSTRAINT hmacauth_credentials_consumer_id_fkey FOREIGN KEY (consumer_id, ws_id) REFERENCES consumers(id, ws_id) ON DELETE CASCADE,
  CONSTRAINT hmacauth_credentials_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS hmacauth_credentials_consumer_id_idx ON hmacauth_credentials (consumer_id);
CREATE INDEX IF NOT EXISTS hmacauth_tags_idex_tags_idx ON hmacauth_credentials USING gin (tags);
DROP TRIGGER IF EXISTS hmacauth_sync_tags_trigger ON hmacauth_credentials;
CREATE TRIGGER hmacauth_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON hmacauth_credentials FOR EACH ROW EXECUTE FUNCTION sync_tags();
