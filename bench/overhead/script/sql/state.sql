-- Whether it is frozen, and how many tables are guarded.
SELECT (SELECT count(*) FROM crossfade.freeze), count(DISTINCT tgrelid)
  FROM pg_trigger WHERE tgfoid = to_regproc('crossfade.guard') AND tgenabled IN ('O', 'A');
