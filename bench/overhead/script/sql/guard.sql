-- Refuses every write to the configuration, but those of the migrator. In one transaction: all tables or none.
BEGIN;
SET LOCAL lock_timeout = '800ms';
SELECT pg_advisory_xact_lock(17222, 0) \g /dev/null
CREATE SCHEMA crossfade;
CREATE TABLE crossfade.freeze (upgrade text NOT NULL, since timestamptz NOT NULL DEFAULT now());
CREATE TABLE crossfade.seal (upgrade text NOT NULL, sealed_at timestamptz NOT NULL DEFAULT now(), closed_at timestamptz);
CREATE TABLE crossfade.migration (command text PRIMARY KEY, begun_at timestamptz NOT NULL DEFAULT now());
INSERT INTO crossfade.freeze (upgrade) VALUES (:'upgrade');
SELECT format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', string_agg(oid::regclass::text, ', '))
  FROM pg_class WHERE relkind = 'r' AND relname = ANY (string_to_array(:'tables', ' ')) \gexec
SELECT format($make$
  CREATE FUNCTION crossfade.guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $guard$
  BEGIN
    IF session_user <> %L THEN
      RAISE EXCEPTION 'the configuration is frozen: %% on %% was refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'CF001';
    END IF;
    IF TG_LEVEL = 'ROW' THEN RETURN OLD; END IF;
    RETURN NULL;
  END $guard$ $make$, :'migrator') \gexec
SELECT CASE
    WHEN relname = 'tags' THEN format('CREATE TRIGGER crossfade_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
      FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION crossfade.guard()', c.oid::regclass)
    WHEN t.attname IS NULL THEN format('CREATE TRIGGER crossfade_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
      FOR EACH STATEMENT EXECUTE FUNCTION crossfade.guard()', c.oid::regclass)
    ELSE format('CREATE TRIGGER crossfade_guard BEFORE INSERT OR UPDATE OR TRUNCATE ON %s
      FOR EACH STATEMENT EXECUTE FUNCTION crossfade.guard()', c.oid::regclass)
  END
  FROM pg_class c LEFT JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'ttl'
 WHERE relkind = 'r' AND relname = ANY (string_to_array(:'tables', ' ')) \gexec
SELECT format('CREATE TRIGGER crossfade_guard_rows BEFORE DELETE ON %s
  FOR EACH ROW WHEN (OLD.ttl IS NULL OR OLD.ttl >= now()) EXECUTE FUNCTION crossfade.guard()', c.oid::regclass)
  FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'ttl'
 WHERE relkind = 'r' AND relname = ANY (string_to_array(:'tables', ' ')) \gexec
COMMIT;
