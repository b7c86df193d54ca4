ALTER TABLE "entry" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
-- What is already there belongs to everybody: row-level security is forced for the owner as well.
SELECT set_config('ptl.kind', 'system', true);
--> statement-breakpoint
UPDATE entry e SET version = h.version FROM (SELECT entry_id, max(version) AS version FROM entry_history GROUP BY entry_id) h
  WHERE h.entry_id = e.id AND h.version > 1;
--> statement-breakpoint
-- The entry is its own newest version.
DELETE FROM entry_history h USING entry e WHERE e.id = h.entry_id AND e.version = h.version;
--> statement-breakpoint
SELECT set_config('ptl.kind', '', true);
--> statement-breakpoint
-- Whoever changes an entry, the version before is kept: nobody has to remember to, and nobody else can write there.
CREATE FUNCTION entry_keep_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  INSERT INTO entry_history (entry_id, version, at, delivery_id, row_number, state, closed_reason, facts)
  VALUES (OLD.id, OLD.version, OLD.updated_at, OLD.delivery_id, OLD.row_number, OLD.state, OLD.closed_reason, OLD.facts);
  NEW.version := OLD.version + 1;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER entry_keep_version BEFORE UPDATE ON entry FOR EACH ROW
  WHEN ((OLD.state, OLD.closed_reason, OLD.hash, OLD.facts) IS DISTINCT FROM (NEW.state, NEW.closed_reason, NEW.hash, NEW.facts))
  EXECUTE FUNCTION entry_keep_version();
--> statement-breakpoint
REVOKE INSERT ON entry_history FROM ptl_service;
--> statement-breakpoint
CREATE VIEW entry_version WITH (security_invoker = true) AS
  SELECT entry_id, version, at, delivery_id, row_number, state, closed_reason, facts FROM entry_history
  UNION ALL
  SELECT id, version, updated_at, delivery_id, row_number, state, closed_reason, facts FROM entry;
--> statement-breakpoint
GRANT SELECT ON entry_version TO ptl_service;
