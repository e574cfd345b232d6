INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), 'default') ON CONFLICT (name) DO NOTHING;
INSERT INTO parameters (key, value, created_at)
  VALUES ('cluster_id', gen_random_uuid()::text, CURRENT_TIMESTAMP AT TIME ZONE 'UTC') ON CONFLICT (key) DO NOTHING;
