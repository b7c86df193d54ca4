-- Who may see and write what the access tables hold; the audit's address, its cuts, and erasure.
-- Events are added by this function alone: it numbers and chains a whole batch under one lock of the head, where the
-- trigger it replaces took the lock and wrote the head anew for each row. The address joins the hashed text only where
-- there is one: rows written before there was any keep their hash. A person adds in their own name only.
DROP TRIGGER audit_chain ON audit;
--> statement-breakpoint
DROP FUNCTION audit_chain();
--> statement-breakpoint
REVOKE INSERT ON audit FROM ptl_service;
--> statement-breakpoint
CREATE FUNCTION audit_append(events jsonb, at timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
DECLARE
  who text := current_setting('ptl.kind', true);
  head audit_head;
  event record;
  told json;
  linked bytea;
  instant text := to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
BEGIN
  IF who IS DISTINCT FROM 'system' AND (who IS DISTINCT FROM 'person' OR EXISTS (
      SELECT FROM jsonb_array_elements(events) given
      WHERE given ->> 'person_id' IS DISTINCT FROM current_setting('ptl.person', true))) THEN
    RAISE EXCEPTION 'events are added to the audit in one''s own name' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT * INTO STRICT head FROM audit_head WHERE id = 1 FOR UPDATE;
  FOR event IN SELECT * FROM jsonb_to_recordset(events) AS given (person_id uuid, organisation text, role text,
      action text, subject text, reason text, request_id text, address text) LOOP
    head.last_id := head.last_id + 1;
    IF event.address IS NULL THEN
      told := json_build_array(head.last_id, instant, event.person_id, event.organisation, event.role, event.action,
        event.subject, event.reason, event.request_id);
    ELSE
      told := json_build_array(head.last_id, instant, event.person_id, event.organisation, event.role, event.action,
        event.subject, event.reason, event.request_id, event.address);
    END IF;
    linked := sha256(head.last_hash || convert_to(told::text, 'UTF8'));
    INSERT INTO audit (id, at, person_id, organisation, role, action, subject, reason, request_id, address,
        previous_hash, hash)
      VALUES (head.last_id, at, event.person_id, event.organisation, event.role, event.action, event.subject,
        event.reason, event.request_id, event.address, head.last_hash, linked);
    head.last_hash := linked;
  END LOOP;
  UPDATE audit_head SET last_id = head.last_id, last_hash = head.last_hash WHERE id = 1;
END
$$;
--> statement-breakpoint
REVOKE INSERT, UPDATE, DELETE ON audit_cut, erasure FROM ptl_service;
--> statement-breakpoint
REVOKE DELETE ON break_glass FROM ptl_service;
--> statement-breakpoint
ALTER TABLE sign_in ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE sign_in FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY sign_in_system ON sign_in FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
ALTER TABLE identity_key ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE identity_key FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY identity_key_system ON identity_key FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
ALTER TABLE kept_secret ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE kept_secret FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY kept_secret_system ON kept_secret FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE break_glass FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY break_glass_system ON break_glass FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY break_glass_read ON break_glass FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND (person_id::text = (SELECT current_setting('ptl.person', true))
    OR (SELECT current_setting('ptl.role', true)) = 'auditor'));
--> statement-breakpoint
ALTER TABLE audit_cut ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE audit_cut FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY audit_cut_system ON audit_cut FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE erasure FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY erasure_system ON erasure FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY erasure_read ON erasure FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person' AND (SELECT current_setting('ptl.role', true)) = 'auditor');
--> statement-breakpoint
DROP POLICY identity_person ON identity;
--> statement-breakpoint
-- Who somebody is: those caring for them at an organisation on the pathway, and whoever broke the glass, while it
-- lasts. Leads never.
CREATE POLICY identity_person ON identity FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND (SELECT current_setting('ptl.role', true)) IN ('coordinator', 'clinician', 'mdt', 'trustAdmin')
  AND (EXISTS (SELECT FROM entry WHERE entry.id = entry_id AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations))
    OR entry_id IN (SELECT b.entry_id FROM break_glass b
      WHERE b.person_id::text = (SELECT current_setting('ptl.person', true)) AND b.ends_at > now())));
--> statement-breakpoint
-- Cuts the oldest events off, and leaves the hash the rest goes on from: only events all older than `before`, and none
-- younger than a year whatever it is asked. The cut itself becomes an event of the chain, so a certificate that is
-- altered, or made up, shows.
CREATE FUNCTION audit_cut(before timestamptz, rule text, at timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
DECLARE
  last_cut audit%ROWTYPE;
  gone bigint;
BEGIN
  -- No event may come between the look and the cut.
  PERFORM FROM audit_head WHERE id = 1 FOR UPDATE;
  SELECT * INTO last_cut FROM audit
    WHERE id < coalesce((SELECT min(a.id) FROM audit a WHERE a.at >= least(before, now() - interval '1 year')),
      (SELECT max(a.id) FROM audit a))
    ORDER BY id DESC LIMIT 1;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  DELETE FROM audit WHERE id <= last_cut.id;
  GET DIAGNOSTICS gone = ROW_COUNT;
  INSERT INTO audit_cut (through_id, through_hash, events, rule, at) VALUES (last_cut.id, last_cut.hash, gone, rule, at);
  PERFORM audit_append(jsonb_build_array(jsonb_build_object('action', 'audit:cut', 'subject', 'audit:' || last_cut.id,
    'reason', encode(last_cut.hash, 'hex') || ' ' || gone || ' events by ' || rule)), at);
  RETURN gone;
END
$$;
--> statement-breakpoint
-- Takes away everything that could say who pathways belonged to, and leaves a stub for the standards' counts and a
-- certificate. Closed pathways only: care that goes on needs its record.
CREATE FUNCTION erase_pathways(ids bigint[], rule text, reason text, asked_by uuid, at timestamptz) RETURNS uuid
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  certificate uuid := gen_random_uuid();
  told jsonb := '{}';
  gone bigint;
  wanted bigint[];
BEGIN
  SELECT array_agg(id ORDER BY id) INTO wanted FROM (SELECT id FROM entry WHERE id = ANY (ids) ORDER BY id FOR UPDATE) found;
  IF wanted IS NULL THEN
    RAISE EXCEPTION 'no such pathway' USING ERRCODE = 'no_data_found';
  END IF;
  IF EXISTS (SELECT FROM entry WHERE id = ANY (wanted) AND state <> 'closed') THEN
    RAISE EXCEPTION 'an open pathway is not erased' USING ERRCODE = 'object_in_use';
  END IF;
  DELETE FROM identity WHERE entry_id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('identity', gone);
  DELETE FROM note WHERE entry_id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('note', gone);
  DELETE FROM action WHERE entry_id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('action', gone);
  DELETE FROM priority_override WHERE entry_id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('override', gone);
  UPDATE suggestion_answer SET note = NULL WHERE note IS NOT NULL
    AND suggestion_id IN (SELECT id FROM suggestion WHERE entry_id = ANY (wanted));
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('answerNote', gone);
  UPDATE break_glass b SET reason = 'erased', review_note = NULL WHERE b.entry_id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('breakGlassReason', gone);
  UPDATE link_decision l SET reason = 'erased' WHERE l.entry_id = ANY (wanted) OR l.other_id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('linkReason', gone);
  DELETE FROM delivery_issue i USING delivery d, entry e
    WHERE e.id = ANY (wanted) AND d.id = i.delivery_id AND d.trust = e.trust AND i.record_key = e.local_id;
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('deliveryIssue', gone);
  DELETE FROM refused_row r USING entry e WHERE e.id = ANY (wanted) AND r.trust = e.trust AND r.record_key = e.local_id;
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('refusedRow', gone);
  UPDATE entry SET local_id = 'erased-' || id, facts = jsonb_build_object('localId', 'erased-' || id), hash = '\x00',
    pathway_key = NULL, organisations = '{}', received_on = NULL WHERE id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('entry', gone);
  -- The version before was kept by a trigger just now, so history goes last.
  DELETE FROM entry_history WHERE entry_id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('history', gone);
  INSERT INTO erasure (id, at, rule, reason, person_id, pathways, rows, digest)
    VALUES (certificate, at, rule, reason, asked_by, cardinality(wanted), told,
      sha256(convert_to(array_to_string(wanted, ','), 'UTF8')));
  RETURN certificate;
END
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION audit_append(jsonb, timestamptz), audit_cut(timestamptz, text, timestamptz), erase_pathways(bigint[], text, text, uuid, timestamptz) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION audit_append(jsonb, timestamptz), audit_cut(timestamptz, text, timestamptz), erase_pathways(bigint[], text, text, uuid, timestamptz) TO ptl_service;
