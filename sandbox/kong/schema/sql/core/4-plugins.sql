CREATE TABLE IF NOT EXISTS plugins (
  id uuid NOT NULL,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  name text NOT NULL,
  consumer_id uuid,
  service_id uuid,
  route_id uuid,
  config jsonb NOT NULL,
  enabled boolean NOT NULL,
  cache_key text,
  protocols text[],
  tags text[],
  ws_id uuid,
  instance_name text,
  updated_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  CONSTRAINT plugins_cache_key_key UNIQUE (cache_key),
  CONSTRAINT plugins_id_ws_id_unique UNIQUE (id, ws_id),
  CONSTRAINT plugins_pkey PRIMARY KEY (id),
  CONSTRAINT plugins_ws_id_instance_name_unique UNIQUE (ws_id, instance_name),
  CONSTRAINT plugins_consumer_id_fkey FOREIGN KEY (consumer_id, ws_id) REFERENCES consumers(id, ws_id) ON DELETE CASCADE,
  CONSTRAINT plugins_route_id_fkey FOREIGN KEY (route_id, ws_id) REFERENCES routes(id, ws_id) ON DELETE CASCADE,
  CONSTRAINT plugins_service_id_fkey FOREIGN KEY (service_id, ws_id) REFERENCES services(id, ws_id) ON DELETE CASCADE,
  CONSTRAINT plugins_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS plugins_consumer_id_idx ON plugins (consumer_id);
CREATE INDEX IF NOT EXISTS plugins_name_idx ON plugins (name);
CREATE INDEX IF NOT EXISTS plugins_route_id_idx ON plugins (route_id);
CREATE INDEX IF NOT EXISTS plugins_service_id_idx ON plugins (service_id);
CREATE INDEX IF NOT EXISTS plugins_tags_idx ON plugins USING gin (tags);
DROP TRIGGER IF EXISTS plugins_sync_tags_trigger ON plugins;
CREATE TRIGGER plugins_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON plugins FOR EACH ROW EXECUTE FUNCTION sync_tags();

CREATE TABLE IF NOT EXISTS filter_chains (
  id uuid NOT NULL,
  name text,
  enabled boolean DEFAULT true,
  route_id uuid,
  service_id uuid,
  ws_id uuid,
  cache_key text,
  filters jsonb[],
  tags text[],
  created_at timestamptz,
  updated_at timestamptz,
  CONSTRAINT filter_chains_cache_key_key UNIQUE (cache_key),
  CONSTRAINT filter_chains_name_key UNIQUE (name),
  CONSTRAINT filter_chains_pkey PRIMARY KEY (id),
  CONSTRAINT filter_chains_route_id_fkey FOREIGN KEY (route_id) REFERENCES routes(id) ON DELETE CASCADE,
  CONSTRAINT filter_chains_service_id_fkey FOREIGN KEY (service_id) REFERENCES services(id) ON DELETE CASCADE,
  CONSTRAINT filter_chains_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX IF NOT EXISTS filter_chains_cache_key_idx ON filter_chains (cache_key);
CREATE UNIQUE INDEX IF NOT EXISTS filter_chains_name_idx ON filter_chains (name);
CREATE INDEX IF NOT EXISTS filter_chains_tags_idx ON filter_chains USING gin (tags);
DROP TRIGGER IF EXISTS filter_chains_sync_tags_trigger ON filter_chains;
CREATE TRIGGER filter_chains_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON filter_chains FOR EACH ROW EXECUTE FUNCTION sync_tags();

CREATE TABLE IF NOT EXISTS upstreams (
  id uuid NOT NULL,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(3) AT TIME ZONE 'UTC'::text),
  name text,
  hash_on text,
  hash_fallback text,
  hash_on_header text,
  hash_fallback_header text,
  hash_on_cookie text,
  hash_on_cookie_path text,
  slots integer NOT NULL,
  healthchecks jsonb,
  tags text[],
  algorithm text,
  host_header text,
  client_certificate_id uuid,
  ws_id uuid,
  hash_on_query_arg text,
  hash_fallback_query_arg text,
  hash_on_uri_capture text,
  hash_fallback_uri_capture text,
  use_srv_name boolean DEFAULT false,
  updated_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  CONSTRAINT upstreams_id_ws_id_unique UNIQUE (id, ws_id),
  CONSTRAINT upstreams_pkey PRIMARY KEY (id),
  CONSTRAINT upstreams_ws_id_name_unique UNIQUE (ws_id, name),
  CONSTRAINT upstreams_client_certificate_id_fkey FOREIGN KEY (client_certificate_id) REFERENCES certificates(id),
  CONSTRAINT upstreams_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS upstreams_fkey_client_certificate ON upstreams (client_certificate_id);
CREATE INDEX IF NOT EXISTS upstreams_tags_idx ON upstreams USING gin (tags);
DROP TRIGGER IF EXISTS upstreams_sync_tags_trigger ON upstreams;
CREATE TRIGGER upstreams_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON upstreams FOR EACH ROW EXECUTE FUNCTION sync_tags();

CREATE TABLE IF NOT EXISTS targets (
  id uuid NOT NULL,
  created_at timestamptz DEFAULT (CURRENT_TIMESTAMP(3) AT TIME ZONE 'UTC'::text),
  upstream_id uuid,
  target text NOT NULL,
  weight integer NOT NULL,
  tags text[],
  ws_id uuid,
  cache_key text,
  updated_at timestamptz DEFAULT (CURRENT_TIMESTAMP(3) AT TIME ZONE 'UTC'::text),
  CONSTRAINT targets_cache_key_key UNIQUE (cache_key),
  CONSTRAINT targets_id_ws_id_unique UNIQUE (id, ws_id),
  CONSTRAINT targets_pkey PRIMARY KEY (id),
  CONSTRAINT targets_upstream_id_fkey FOREIGN KEY (upstream_id, ws_id) REFERENCES upstreams(id, ws_id) ON DELETE CASCADE,
  CONSTRAINT targets_ws_id_fkey FOREIGN KEY (ws_id) REFERENCES workspaces(id)
);
CREATE INDEX IF NOT EXISTS targets_tags_idx ON targets USING gin (tags);
CREATE INDEX IF NOT EXISTS targets_target_idx ON targets (target);
CREATE INDEX IF NOT EXISTS targets_upstream_id_idx ON targets (upstream_id);
DROP TRIGGER IF EXISTS targets_sync_tags_trigger ON targets;
CREATE TRIGGER targets_sync_tags_trigger AFTER INSERT OR DELETE OR UPDATE OF tags ON targets FOR EACH ROW EXECUTE FUNCTION sync_tags();
