-- Rows of every table of Kong's.
SELECT format('SELECT %L, count(*) FROM %s', relname, oid::regclass)
  FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname \gexec
