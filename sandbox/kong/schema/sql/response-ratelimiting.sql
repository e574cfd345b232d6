CREATE TABLE IF NOT EXISTS response_ratelimiting_metrics (
  identifier text NOT NULL,
  period text NOT NULL,
  period_date timestamptz NOT NULL,
  service_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
  route_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
  value integer,
  CONSTRAINT response_ratelimiting_metrics_pkey PRIMARY KEY (identifier, period, period_date, service_id, route_id)
);
