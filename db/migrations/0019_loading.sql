-- The first rows of a trust are copied straight into entry, identity and clock_stop, by a role that can do nothing else
-- (db/loader-role.ts makes it): COPY into a table with row-level security is refused for every other role. What the
-- policies of those tables protect stays so: they let only the system's own scope write. Here the role may not say whose
-- an entry is; the column's default does, from the scope of the transaction, and is null, which the column refuses,
-- unless that scope is the system's and names a trust. An identity or a stopped clock of the role must be of an entry of
-- that trust. The role reads, changes and deletes nothing.
--
-- Identities and stopped clocks were held to their entries by foreign keys, which look up and lock the entry of each row:
-- a fifth of what a load costs the server. The triggers below hold the same, statement by statement.
ALTER TABLE "clock_stop" DROP CONSTRAINT "clock_stop_entry_id_entry_id_fk";
--> statement-breakpoint
ALTER TABLE "identity" DROP CONSTRAINT "identity_entry_id_entry_id_fk";
--> statement-breakpoint
ALTER TABLE "entry" ALTER COLUMN "trust" SET DEFAULT CASE WHEN current_setting('ptl.kind', true) = 'system' THEN nullif(current_setting('ptl.trust', true), '') END;
--> statement-breakpoint
CREATE FUNCTION of_an_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  -- An entry is looked up by its key, however large the tables were when this was planned.
  SET search_path = pg_catalog, public SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  scope text := current_setting('ptl.kind', true);
  loads boolean := 'ptl_loader' IN (current_setting('role'), session_user);
  whose text := current_setting('ptl.trust', true);
  given bigint;
  lowest bigint;
  highest bigint;
  held boolean := false;
BEGIN
  IF scope IS DISTINCT FROM 'system' THEN
    IF loads THEN
      RAISE EXCEPTION 'rows are loaded by the system alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- As a foreign key does, this sees the entry whoever writes.
    PERFORM set_config('ptl.kind', 'system', true);
  END IF;
  SELECT count(*), min(entry_id), max(entry_id) INTO given, lowest, highest FROM told;
  -- Rows of a load are of numbers lying one behind another: when each number between is an entry, so is each of these.
  IF given > 100 AND highest - lowest < 2 * given THEN
    held := highest - lowest + 1 =
      (SELECT count(*) FROM entry WHERE id BETWEEN lowest AND highest AND (NOT loads OR trust = whose));
  END IF;
  IF NOT held AND EXISTS (SELECT FROM told t LEFT JOIN entry e ON e.id = t.entry_id
      WHERE e.id IS NULL OR (loads AND e.trust IS DISTINCT FROM whose)) THEN
    RAISE EXCEPTION 'a row of % is of no entry%', TG_TABLE_NAME, CASE WHEN loads THEN ' of the trust' ELSE '' END
      USING ERRCODE = 'foreign_key_violation';
  END IF;
  PERFORM set_config('ptl.kind', coalesce(scope, ''), true);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER identity_of_an_entry AFTER INSERT ON identity REFERENCING NEW TABLE AS told
  FOR EACH STATEMENT EXECUTE FUNCTION of_an_entry();
--> statement-breakpoint
CREATE TRIGGER clock_stop_of_an_entry AFTER INSERT ON clock_stop REFERENCING NEW TABLE AS told
  FOR EACH STATEMENT EXECUTE FUNCTION of_an_entry();
--> statement-breakpoint
-- The other side. Whoever deletes an entry, which the service may not, waits for those who write rows of entries and
-- keeps further ones waiting, so that neither can pass the other unseen.
CREATE FUNCTION entry_without_rows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
DECLARE
  scope text := current_setting('ptl.kind', true);
BEGIN
  PERFORM set_config('ptl.kind', 'system', true);
  LOCK TABLE identity, clock_stop IN SHARE ROW EXCLUSIVE MODE;
  IF EXISTS (SELECT FROM identity i WHERE NOT EXISTS (SELECT FROM entry e WHERE e.id = i.entry_id))
      OR EXISTS (SELECT FROM clock_stop c WHERE NOT EXISTS (SELECT FROM entry e WHERE e.id = c.entry_id)) THEN
    RAISE EXCEPTION 'an entry is still referred to by its identity or its stopped clocks'
      USING ERRCODE = 'foreign_key_violation';
  END IF;
  PERFORM set_config('ptl.kind', coalesce(scope, ''), true);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER entry_deleted AFTER DELETE ON entry FOR EACH STATEMENT EXECUTE FUNCTION entry_without_rows();
--> statement-breakpoint
CREATE TRIGGER entry_truncated AFTER TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION entry_without_rows();
--> statement-breakpoint
CREATE FUNCTION keeps_its_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a row of % stays with the number of its entry', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER entry_keeps_its_number BEFORE UPDATE OF id ON entry
  FOR EACH STATEMENT EXECUTE FUNCTION keeps_its_entry();
--> statement-breakpoint
CREATE TRIGGER identity_keeps_its_entry BEFORE UPDATE OF entry_id ON identity
  FOR EACH STATEMENT EXECUTE FUNCTION keeps_its_entry();
--> statement-breakpoint
CREATE TRIGGER clock_stop_keeps_its_entry BEFORE UPDATE OF entry_id ON clock_stop
  FOR EACH STATEMENT EXECUTE FUNCTION keeps_its_entry();
