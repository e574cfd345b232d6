CREATE TABLE IF NOT EXISTS schema_meta (
  key text NOT NULL,
  subsystem text NOT NULL,
  last_executed text,
  executed text[],
  pending text[],
  CONSTRAINT schema_meta_pkey PRIMARY KEY (key, subsystem)
);

CREATE TABLE IF NOT EXISTS locks (
  key text NOT NULL,
  owner text,
  ttl timestamptz,
  CONSTRAINT locks_pkey PRIMARY KEY (key)
);
CREATE INDEX IF NOT EXISTS locks_ttl_idx ON locks (ttl);
