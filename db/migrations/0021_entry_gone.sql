-- When entries are deleted only what belonged to those that went is looked at: 0019 looked through all identities and all
-- stopped clocks, however many they were, while nobody could write any.
CREATE FUNCTION entry_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  -- Rows are looked up by their key, however few they were when this was planned.
  SET search_path = pg_catalog, public SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  scope text := current_setting('ptl.kind', true);
BEGIN
  IF NOT EXISTS (SELECT FROM gone) THEN
    RETURN NULL;
  END IF;
  PERFORM set_config('ptl.kind', 'system', true);
  -- Waits for those who write rows of entries and keeps further ones waiting: neither can pass the other unseen.
  LOCK TABLE identity, clock_stop IN SHARE ROW EXCLUSIVE MODE;
  -- One look for each entry that went: EXISTS would let the planner read a whole index first.
  IF EXISTS (
      SELECT FROM gone g
      WHERE coalesce((SELECT true FROM identity i WHERE i.entry_id = g.id),
          (SELECT true FROM clock_stop c WHERE c.entry_id = g.id LIMIT 1))
        AND (SELECT true FROM entry e WHERE e.id = g.id) IS NULL) THEN
    RAISE EXCEPTION 'an entry is still referred to by its identity or its stopped clocks'
      USING ERRCODE = 'foreign_key_violation';
  END IF;
  PERFORM set_config('ptl.kind', coalesce(scope, ''), true);
  RETURN NULL;
END
$$;
--> statement-breakpoint
-- After a truncation all are gone, so the first row found that is of none is the answer: `entry_without_rows` stays for it.
DROP TRIGGER entry_deleted ON entry;
--> statement-breakpoint
CREATE TRIGGER entry_deleted AFTER DELETE ON entry REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION entry_gone();
--> statement-breakpoint
-- A transaction that keeps to what it saw first sees neither an entry that went meanwhile nor a row that came.
CREATE FUNCTION sees_what_is_committed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    RAISE EXCEPTION 'rows of entries are written, and entries deleted, under read committed'
      USING ERRCODE = 'feature_not_supported';
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER entry_deleted_seeing BEFORE DELETE ON entry
  FOR EACH STATEMENT EXECUTE FUNCTION sees_what_is_committed();
--> statement-breakpoint
CREATE TRIGGER identity_seeing BEFORE INSERT ON identity
  FOR EACH STATEMENT EXECUTE FUNCTION sees_what_is_committed();
--> statement-breakpoint
CREATE TRIGGER clock_stop_seeing BEFORE INSERT ON clock_stop
  FOR EACH STATEMENT EXECUTE FUNCTION sees_what_is_committed();
