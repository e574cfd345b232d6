CREATE TABLE IF NOT EXISTS workspaces (
  id uuid NOT NULL,
  name text,
  comment text,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  meta jsonb,
  config jsonb,
  updated_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  CONSTRAINT workspaces_name_key UNIQUE (name),
  CONSTRAINT workspaces_pkey PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS certificates (
  id uuid NOT NULL,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  cert text,
  key text,
  tags text[],
  ws_id uuid,
  cert_alt text,
  key_alt text,
  updated_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  CONSTRAINT certificates_id_ws_id_unique UNIQUE (id, ws_id),
  CONSTRAINT certificates_pkey PRIMARY KEY (id),
  CONSTRAINT certificates_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS certificates_tags_idx ON certificates USING gin (tags);
DROP TRIGGER IF EXISTS certificates_sync_tags_trigger ON certificates;
CREATE TRIGGER certificates_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON certificates FOR EACH ROW EXECUTE FUNCTION sync_tags();

CREATE TABLE IF NOT EXISTS snis (
  id uuid NOT NULL,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  name text NOT NULL,
  certificate_id uuid,
  tags text[],
  ws_id uuid,
  updated_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  CONSTRAINT snis_id_ws_id_unique UNIQUE (id, ws_id),
  CONSTRAINT snis_name_key UNIQUE (name),
  CONSTRAINT snis_pkey PRIMARY KEY (id),
  CONSTRAINT snis_certificate_id_fkey FOREIGN KEY (certificate_id, ws_id) REFERENCES certificates(id, ws_id),
  CONSTRAINT snis_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS snis_certificate_id_idx ON snis (certificate_id);
CREATE INDEX IF NOT EXISTS snis_tags_idx ON snis USING gin (tags);
DROP TRIGGER IF EXISTS snis_sync_tags_trigger ON snis;
CREATE TRIGGER snis_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON snis FOR EACH ROW EXECUTE FUNCTION sync_tags();

CREATE TABLE IF NOT EXISTS ca_certificates (
  id uuid NOT NULL,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  cert text NOT NULL,
  tags text[],
  cert_digest text NOT NULL,
  updated_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  CONSTRAINT ca_certificates_cert_digest_key UNIQUE (cert_digest),
  CONSTRAINT ca_certificates_pkey PRIMARY KEY (id)
);
DROP TRIGGER IF EXISTS ca_certificates_sync_tags_trigger ON ca_certificates;
CREATE TRIGGER ca_certificates_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON ca_certificates FOR EACH ROW EXECUTE FUNCTION sync_tags();

CREATE TABLE IF NOT EXISTS sm_vaults (
  id uuid NOT NULL,
  ws_id uuid,
  prefix text,
  name text NOT NULL,
  description text,
  config jsonb NOT NULL,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  updated_at timestamptz,
  tags text[],
  CONSTRAINT sm_vaults_id_ws_id_key UNIQUE (id, ws_id),
  CONSTRAINT sm_vaults_pkey PRIMARY KEY (id),
  CONSTRAINT sm_vaults_prefix_key UNIQUE (prefix),
  CONSTRAINT sm_vaults_prefix_ws_id_key UNIQUE (prefix, ws_id),
  CONSTRAINT sm_vaults_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS sm_vaults_tags_idx ON sm_vaults USING gin (tags);
DROP TRIGGER IF EXISTS sm_vaults_sync_tags_trigger ON sm_vaults;
CREATE TRIGGER sm_vaults_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON sm_vaults FOR EACH ROW EXECUTE FUNCTION sync_tags();

CREATE TABLE IF NOT EXISTS key_sets (
  id uuid NOT NULL,
  name text,
  tags text[],
  ws_id uuid,
  created_at timestamptz,
  updated_at timestamptz,
  CONSTRAINT key_sets_name_key UNIQUE (name),
  CONSTRAINT key_sets_pkey PRIMARY KEY (id),
  CONSTRAINT key_sets_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS key_sets_tags_idx ON key_sets USING gin (tags);
DROP TRIGGER IF EXISTS key_sets_sync_tags_trigger ON key_sets;
CREATE TRIGGER key_sets_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON key_sets FOR EACH ROW EXECUTE FUNCTION sync_tags();

CREATE TABLE IF NOT EXISTS keys (
  id uuid NOT NULL,
  set_id uuid,
  name text,
  cache_key text,
  ws_id uuid,
  kid text,
  jwk text,
  pem jsonb,
  tags text[],
  created_at timestamptz,
  updated_at timestamptz,
  CONSTRAINT keys_cache_key_key UNIQUE (cache_key),
  CONSTRAINT keys_kid_set_id_key UNIQUE (kid, set_id),
  CONSTRAINT keys_name_key UNIQUE (name),
  CONSTRAINT keys_pkey PRIMARY KEY (id),
  CONSTRAINT keys_set_id_fkey FOREIGN KEY (set_id) REFERENCES key_sets(id) ON DELETE CASCADE,
  CONSTRAINT keys_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS keys_fkey_key_sets ON keys (set_id);
CREATE INDEX IF NOT EXISTS keys_tags_idx ON keys USING gin (tags);
DROP TRIGGER IF EXISTS keys_sync_tags_trigger ON keys;
CREATE TRIGGER keys_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON keys FOR EACH ROW EXECUTE FUNCTION sync_tags();
