-- Counters of writes per configuration table, and how many open transactions have written to one.
SELECT relname, n_tup_ins + n_tup_upd FROM pg_stat_user_tables
 WHERE relname = ANY (string_to_array(:'tables', ' ')) ORDER BY relname;
SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
 WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.mode = 'RowExclusiveLock'
   AND l.granted AND l.pid <> pg_backend_pid() AND c.relname = ANY (string_to_array(:'tables', ' '));
