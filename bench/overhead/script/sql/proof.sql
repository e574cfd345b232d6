-- Tries harmless writes on every configuration table as Kong's role: how many were refused, and how many were let in.
CREATE FUNCTION pg_temp.try(statement text) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN EXECUTE statement; RETURN true; EXCEPTION WHEN SQLSTATE 'CF001' THEN RETURN false; END $$;
SELECT count(*) FILTER (WHERE NOT let_in), count(*) FILTER (WHERE let_in) FROM (
  SELECT pg_temp.try(format('UPDATE %s SET %2$I = %2$I WHERE false', c.oid::regclass, a.attname)) AS let_in
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
   WHERE relkind = 'r' AND relname = ANY (string_to_array(:'tables', ' '))) AS tries;
