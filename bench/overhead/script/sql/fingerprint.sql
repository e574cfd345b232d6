-- Rows and hash of each configuration table, in one snapshot.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SELECT format('SELECT %L, count(*), coalesce(sum(hashtextextended(r::text, 0)), 0) FROM %s AS r %s', relname, c.oid::regclass,
              CASE WHEN t.attname IS NULL THEN '' ELSE 'WHERE ttl IS NULL' END)
  FROM pg_class c LEFT JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'ttl'
 WHERE relkind = 'r' AND relname = ANY (string_to_array(:'tables', ' ')) ORDER BY relname \gexec
COMMIT;
