-- Lifts the freeze at once, then removes the triggers one by one.
CREATE OR REPLACE FUNCTION crossfade.guard() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN IF TG_LEVEL = 'ROW' THEN RETURN OLD; END IF; RETURN NULL; END $$;
DELETE FROM crossfade.freeze;
SET lock_timeout = '150ms';
SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass)
  FROM pg_trigger WHERE tgfoid = 'crossfade.guard'::regproc ORDER BY tgrelid::regclass::text \gexec
DROP FUNCTION crossfade.guard();
