CREATE TABLE IF NOT EXISTS clustering_rpc_requests (
  id bigserial PRIMARY KEY,
  node_id uuid NOT NULL,
  reply_to uuid NOT NULL,
  ttl timestamptz NOT NULL,
  payload json NOT NULL
);
CREATE INDEX IF NOT EXISTS clustering_rpc_requests_node_id_idx ON clustering_rpc_requests (node_id);
ALTER TABLE clustering_data_planes ADD COLUMN IF NOT EXISTS rpc_capabilities text[];
