-- One line per entity, to tell which one changed if a fingerprint differs.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL TimeZone = 'UTC';
SELECT format('SELECT %L, hashtextextended(r::text, 0), to_jsonb(r) ->> ''id'' FROM %s AS r ORDER BY 2', relname, oid::regclass)
  FROM pg_class WHERE relkind = 'r' AND relname = ANY (string_to_array(:'tables', ' ')) ORDER BY relname \gexec
COMMIT;
