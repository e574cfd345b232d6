CREATE OR REPLACE FUNCTION batch_delete_expired_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('WITH rows AS (SELECT ctid FROM %s WHERE %s < CURRENT_TIMESTAMP AT TIME ZONE ''UTC'' ORDER BY %s LIMIT 2 FOR UPDATE SKIP LOCKED) DELETE FROM %s WHERE ctid IN (TABLE rows)', TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[0], TG_TABLE_NAME);
  RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION sync_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    DELETE FROM tags WHERE entity_name = TG_TABLE_NAME;
    RETURN NULL;
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM tags WHERE entity_id = OLD.id;
    RETURN OLD;
  END IF;
  INSERT INTO tags VALUES (NEW.id, TG_TABLE_NAME, NEW.tags)
    ON CONFLICT (entity_id) DO UPDATE SET tags = EXCLUDED.tags;
  RETURN NEW;
END;
$$;

CREATE TABLE IF NOT EXISTS parameters (
  key text NOT NULL,
  value text NOT NULL,
  created_at timestamptz,
  CONSTRAINT parameters_pkey PRIMARY KEY (key)
);

CREATE TABLE IF NOT EXISTS cluster_events (
  id uuid NOT NULL,
  node_id uuid NOT NULL,
  at timestamptz NOT NULL,
  nbf timestamptz,
  expire_at timestamptz NOT NULL,
  channel text,
  data text,
  CONSTRAINT cluster_events_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS cluster_events_at_idx ON cluster_events (at);
CREATE INDEX IF NOT EXISTS cluster_events_channel_idx ON cluster_events (channel);
CREATE INDEX IF NOT EXISTS cluster_events_expire_at_idx ON cluster_events (expire_at);
DROP TRIGGER IF EXISTS cluster_events_ttl_trigger ON cluster_events;
CREATE TRIGGER cluster_events_ttl_trigger AFTER INSERT ON cluster_events FOR EACH STATEMENT EXECUTE FUNCTION batch_delete_expired_rows('expire_at');

CREATE TABLE IF NOT EXISTS clustering_data_planes (
  id uuid NOT NULL,
  hostname text NOT NULL,
  ip text NOT NULL,
  last_seen timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  config_hash text NOT NULL,
  ttl timestamptz,
  version text,
  sync_status text DEFAULT 'unknown'::text NOT NULL,
  updated_at timestamptz DEFAULT (CURRENT_TIMESTAMP(0) AT TIME ZONE 'UTC'::text),
  CONSTRAINT clustering_data_planes_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS clustering_data_planes_ttl_idx ON clustering_data_planes (ttl);
DROP TRIGGER IF EXISTS clustering_data_planes_ttl_trigger ON clustering_data_planes;
CREATE TRIGGER clustering_data_planes_ttl_trigger AFTER INSERT ON clustering_data_planes FOR EACH STATEMENT EXECUTE FUNCTION batch_delete_expired_rows('ttl');

CREATE TABLE IF NOT EXISTS tags (
  entity_id uuid NOT NULL,
  entity_name text,
  tags text[],
  CONSTRAINT tags_pkey PRIMARY KEY (entity_id)
);
CREATE INDEX IF NOT EXISTS tags_entity_name_idx ON tags (entity_name);
CREATE INDEX IF NOT EXISTS tags_tags_idx ON tags USING gin (tags);
