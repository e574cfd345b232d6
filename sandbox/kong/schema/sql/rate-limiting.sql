CREATE TABLE IF NOT EXISTS ratelimiting_metrics (
  identifier text NOT NULL,
  period text NOT NULL,
  period_date timestamptz NOT NULL,
  service_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
  route_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
  value integer,
  ttl timestamptz,
  CONSTRAINT ratelimiting_metrics_pkey PRIMARY KEY (identifier, period, period_date, service_id, route_id)
);
CREATE INDEX IF NOT EXISTS ratelimiting_metrics_idx ON ratelimiting_metrics (service_id, route_id, period_date, period);
CREATE INDEX IF NOT EXISTS ratelimiting_metrics_ttl_idx ON ratelimiting_metrics (ttl);
DROP TRIGGER IF EXISTS ratelimiting_metrics_ttl_trigger ON ratelimiting_metrics;
CREATE TRIGGER ratelimiting_metrics_ttl_trigger AFTER INSERT ON ratelimiting_metrics FOR EACH STATEMENT EXECUTE FUNCTION batch_delete_expired_rows('ttl');
