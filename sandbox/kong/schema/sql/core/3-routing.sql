CREATE TABLE IF NOT EXISTS services (
  id uuid NOT NULL,
  created_at timestamptz,
  updated_at timestamptz,
  name text,
  retries bigint,
  protocol text,
  host text,
  port bigint,
  path text,
  connect_timeout bigint,
  write_timeout bigint,
  read_timeout bigint,
  tags text[],
  client_certificate_id uuid,
  tls_verify boolean,
  tls_verify_depth smallint,
  ca_certificates uuid[],
  ws_id uuid,
  enabled boolean DEFAULT true,
  CONSTRAINT services_id_ws_id_unique UNIQUE (id, ws_id),
  CONSTRAINT services_pkey PRIMARY KEY (id),
  CONSTRAINT services_ws_id_name_unique UNIQUE (ws_id, name),
  CONSTRAINT services_client_certificate_id_fkey FOREIGN KEY (client_certificate_id, ws_id) REFERENCES certificates(id, ws_id),
  CONSTRAINT services_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS services_fkey_client_certificate ON services (client_certificate_id);
CREATE INDEX IF NOT EXISTS services_tags_idx ON services USING gin (tags);
DROP TRIGGER IF EXISTS services_sync_tags_trigger ON services;
CREATE TRIGGER services_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON services FOR EACH ROW EXECUTE FUNCTION sync_tags();

CREATE TABLE IF NOT EXISTS routes (
  id uuid NOT NULL,
  created_at timestamptz,
  updated_at timestamptz,
  name text,
  service_id uuid,
  protocols text[],
  methods text[],
  hosts text[],
  paths text[],
  snis text[],
  sources jsonb[],
  destinations jsonb[],
  regex_priority bigint,
  strip_path boolean,
  preserve_host boolean,
  tags text[],
  https_redirect_status_code integer,
  headers jsonb,
  path_handling text DEFAULT 'v0'::text,
  ws_id uuid,
  request_buffering boolean,
  response_buffering boolean,
  expression text,
  priority bigint,
  CONSTRAINT routes_id_ws_id_unique UNIQUE (id, ws_id),
  CONSTRAINT routes_pkey PRIMARY KEY (id),
  CONSTRAINT routes_ws_id_name_unique UNIQUE (ws_id, name),
  CONSTRAINT routes_service_id_fkey FOREIGN KEY (service_id, ws_id) REFERENCES services(id, ws_id),
  CONSTRAINT routes_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS routes_service_id_idx ON routes (service_id);
CREATE INDEX IF NOT EXISTS routes_tags_idx ON routes USING gin (tags);
DROP TRIGGER IF EXISTS routes_sync_tags_trigger ON routes;
CREATE TRIGGER routes_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON routes FOR EACH ROW EXECUTE FUNCTION sync_tags();

CREATE TABLE IF NOT EXISTS consumers (
  id uuid NOT NULL,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  username text,
  custom_id text,
  tags text[],
  ws_id uuid,
  updated_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  CONSTRAINT consumers_id_ws_id_unique UNIQUE (id, ws_id),
  CONSTRAINT consumers_pkey PRIMARY KEY (id),
  CONSTRAINT consumers_ws_id_custom_id_unique UNIQUE (ws_id, custom_id),
  CONSTRAINT consumers_ws_id_username_unique UNIQUE (ws_id, username),
  CONSTRAINT consumers_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS consumers_tags_idx ON consumers USING gin (tags);
CREATE INDEX IF NOT EXISTS consumers_username_idx ON consumers (lower(username));
DROP TRIGGER IF EXISTS consumers_sync_tags_trigger ON consumers;
CREATE TRIGGER consumers_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON consumers FOR EACH ROW EXECUTE FUNCTION sync_tags();
