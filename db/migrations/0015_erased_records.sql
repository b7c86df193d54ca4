CREATE TABLE "erased_record" (
	"trust" text NOT NULL,
	"key_hash" "bytea" NOT NULL,
	"erasure_id" uuid NOT NULL,
	"lifted_at" timestamp with time zone,
	"lifted_by" uuid,
	"lift_reason" text,
	CONSTRAINT "erased_record_trust_key_hash_erasure_id_pk" PRIMARY KEY("trust","key_hash","erasure_id")
);
--> statement-breakpoint
ALTER TABLE "erased_record" ADD CONSTRAINT "erased_record_erasure_id_erasure_id_fk" FOREIGN KEY ("erasure_id") REFERENCES "public"."erasure"("id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON erased_record TO ptl_service;
--> statement-breakpoint
ALTER TABLE erased_record ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE erased_record FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- Only the feeds ask whether a record was erased, by a hash they make themselves.
CREATE POLICY erased_record_system ON erased_record FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- As before, and what was acknowledged and looked at goes too.
CREATE OR REPLACE FUNCTION erase_pathways(ids bigint[], rule text, reason text, asked_by uuid, at timestamptz) RETURNS uuid
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
  DELETE FROM acknowledgement WHERE entry_id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('acknowledgement', gone);
  DELETE FROM entry_look WHERE entry_id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('look', gone);
  DELETE FROM mutual_aid WHERE entry_id = ANY (wanted);
  GET DIAGNOSTICS gone = ROW_COUNT; told := told || jsonb_build_object('mutualAid', gone);
  DELETE FROM feed_said WHERE entry_id = ANY (wanted);
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
  -- The trust's line of it is read again, and refused in words, where it would have passed as one seen before.
  INSERT INTO feed_line_dropped (trust, entry_id) SELECT e.trust, e.id FROM entry e WHERE e.id = ANY (wanted)
    ON CONFLICT DO NOTHING;
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
