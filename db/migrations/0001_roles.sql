-- The role every request runs as, what it may do, and which rows it may see.
-- Roles belong to the whole cluster: this may find the role made by another database, or by its keeper.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ptl_service') THEN
    BEGIN
      CREATE ROLE ptl_service NOLOGIN;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'The database user % may not create the role ptl_service: give it CREATEROLE, or have its keeper run: create role ptl_service nologin; grant ptl_service to %', current_user, current_user;
    END;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ptl_service' AND (rolsuper OR rolbypassrls)) THEN
    RAISE EXCEPTION 'The role ptl_service must be neither superuser nor BYPASSRLS: row-level security would not hold';
  END IF;
  BEGIN
    EXECUTE format('GRANT ptl_service TO %I', current_user);
  EXCEPTION
    WHEN insufficient_privilege THEN NULL; -- granted beforehand by whoever made it
  END;
  BEGIN
    SET LOCAL ROLE ptl_service;
    RESET ROLE;
  EXCEPTION
    WHEN insufficient_privilege THEN
      RAISE EXCEPTION 'The database user % may not act as ptl_service: have its keeper run: grant ptl_service to %', current_user, current_user;
  END;
  BEGIN
    -- Deliveries are staged in temporary tables; everybody may make them unless a keeper took that away.
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO ptl_service', current_database());
  EXCEPTION
    WHEN insufficient_privilege THEN NULL;
  END;
END
$$;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO ptl_service;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ptl_service;
--> statement-breakpoint
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ptl_service;
--> statement-breakpoint
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ptl_service;
--> statement-breakpoint
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ptl_service;
--> statement-breakpoint
-- What happened stays written.
REVOKE UPDATE, DELETE ON audit, entry_history, change_log, suggestion_answer, policy, note FROM ptl_service;
--> statement-breakpoint
REVOKE DELETE ON entry, delivery, person, change_clock FROM ptl_service;
--> statement-breakpoint
REVOKE ALL ON audit_head FROM ptl_service;
--> statement-breakpoint
INSERT INTO change_clock (id, last_seq) VALUES (1, 0) ON CONFLICT DO NOTHING;
--> statement-breakpoint
INSERT INTO audit_head (id, last_id, last_hash) VALUES (1, 0, '\x0000000000000000000000000000000000000000000000000000000000000000') ON CONFLICT DO NOTHING;
--> statement-breakpoint
-- Each audit row is numbered and chained here, under the lock of the head, whoever inserts it. The hashed text is
-- a JSON array with ', ' between members, so that any language can work it out again (server/access/audit/audit.ts does).
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  head audit_head;
BEGIN
  SELECT * INTO STRICT head FROM audit_head WHERE id = 1 FOR UPDATE;
  NEW.id := head.last_id + 1;
  NEW.previous_hash := head.last_hash;
  NEW.hash := sha256(head.last_hash || convert_to(json_build_array(
    NEW.id, to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), NEW.person_id, NEW.organisation,
    NEW.role, NEW.action, NEW.subject, NEW.reason, NEW.request_id)::text, 'UTF8'));
  UPDATE audit_head SET last_id = NEW.id, last_hash = NEW.hash WHERE id = 1;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER audit_chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();
--> statement-breakpoint
-- The head, for whoever may read the audit: to verify is to compare the last row with it.
CREATE FUNCTION audit_newest(OUT last_id bigint, OUT last_hash bytea) LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$ SELECT last_id, last_hash FROM audit_head WHERE id = 1 $$;
--> statement-breakpoint
-- Row-level security. `scoped` sets ptl.kind, ptl.person, ptl.organisation and ptl.role for one transaction; unset
-- they are null or '', and nothing below is visible. Each setting is read in a sub-select, hence once a query
-- and not once a row, and the system's own scope comes first, so that a merge pays one comparison a row.
ALTER TABLE entry ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE entry FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY entry_system ON entry FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- The pseudonymous entry: organisations on the pathway, and those who watch over the whole alliance.
CREATE POLICY entry_person ON entry FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person' AND (
    (SELECT current_setting('ptl.role', true)) IN ('lead', 'allianceAdmin', 'auditor')
    OR (SELECT current_setting('ptl.organisation', true)) = ANY (organisations)
    OR (SELECT current_setting('ptl.role', true) = 'readOnly' AND kind <> 'trust'
        FROM organisation WHERE code = current_setting('ptl.organisation', true))));
--> statement-breakpoint
ALTER TABLE entry_history ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE entry_history FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY entry_history_system ON entry_history FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- A sub-select from entry sees what entry's own policy lets it see.
CREATE POLICY entry_history_person ON entry_history FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id));
--> statement-breakpoint
ALTER TABLE identity ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE identity FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY identity_system ON identity FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- Who somebody is: only those caring for them, at an organisation on the pathway. Leads never.
CREATE POLICY identity_person ON identity FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND (SELECT current_setting('ptl.role', true)) IN ('coordinator', 'clinician', 'mdt', 'trustAdmin')
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations)));
--> statement-breakpoint
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE note FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY note_system ON note FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- Free text may name somebody: organisations on the pathway only, and one writes in one's own name.
CREATE POLICY note_read ON note FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations)));
--> statement-breakpoint
CREATE POLICY note_write ON note FOR INSERT TO PUBLIC WITH CHECK (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND person_id::text = (SELECT current_setting('ptl.person', true)) AND organisation = (SELECT current_setting('ptl.organisation', true))
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations)));
--> statement-breakpoint
ALTER TABLE action ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE action FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY action_system ON action FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY action_read ON action FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations)));
--> statement-breakpoint
CREATE POLICY action_write ON action FOR INSERT TO PUBLIC WITH CHECK (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND person_id::text = (SELECT current_setting('ptl.person', true)) AND organisation = (SELECT current_setting('ptl.organisation', true))
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations)));
--> statement-breakpoint
ALTER TABLE priority_override ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE priority_override FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY priority_override_system ON priority_override FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY priority_override_read ON priority_override FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations)));
--> statement-breakpoint
CREATE POLICY priority_override_write ON priority_override FOR INSERT TO PUBLIC WITH CHECK (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND person_id::text = (SELECT current_setting('ptl.person', true)) AND organisation = (SELECT current_setting('ptl.organisation', true))
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations)));
--> statement-breakpoint
-- An action is ticked off by any of them.
CREATE POLICY action_done ON action FOR UPDATE TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations)));
--> statement-breakpoint
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE delivery FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY delivery_system ON delivery FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
ALTER TABLE delivery_issue ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE delivery_issue FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY delivery_issue_system ON delivery_issue FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY delivery_person ON delivery FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND (trust = (SELECT current_setting('ptl.organisation', true)) OR (SELECT current_setting('ptl.role', true)) IN ('lead', 'allianceAdmin', 'auditor')));
--> statement-breakpoint
CREATE POLICY delivery_issue_person ON delivery_issue FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND (SELECT current_setting('ptl.role', true)) NOT IN ('lead', 'auditor')
  AND EXISTS (SELECT FROM delivery WHERE delivery.id = delivery_id));
--> statement-breakpoint
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY audit_system ON audit FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- Anybody in a scope adds to the audit, in their own name; the system and auditors read it.
CREATE POLICY audit_write ON audit FOR INSERT TO PUBLIC WITH CHECK (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND person_id::text = (SELECT current_setting('ptl.person', true)));
--> statement-breakpoint
CREATE POLICY audit_read ON audit FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person' AND (SELECT current_setting('ptl.role', true)) = 'auditor');
--> statement-breakpoint
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE session FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY session_system ON session FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
ALTER TABLE feed_key ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE feed_key FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY feed_key_system ON feed_key FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE person FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY person_system ON person FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- Colleagues' names are shown beside what they wrote.
CREATE POLICY person_read ON person FOR SELECT TO PUBLIC USING ((SELECT current_setting('ptl.kind', true)) = 'person');
