CREATE INDEX "audit_person" ON "audit" USING btree ("person_id","id");
--> statement-breakpoint
-- The sealed identities of these pathways that row-level security shows to a person, in one value: each is its entry's id,
-- its key's id, how long it is, and its bytes; and why the glass of some was broken. It enters the person's scope itself,
-- for as long as the statement lasts, so that a page of names is one statement and not a transaction of four. It runs as
-- whoever calls it: the policies are those of the service's role.
CREATE FUNCTION identity_packed(person uuid, organisation text, role text, wanted bigint[])
RETURNS TABLE (packed bytea, glass jsonb) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('ptl.kind', 'person', true), set_config('ptl.person', person::text, true),
    set_config('ptl.organisation', organisation, true), set_config('ptl.role', role, true);
  RETURN QUERY SELECT
    (SELECT string_agg(int8send(entry_id) || convert_to(key_id, 'UTF8') || int4send(octet_length(sealed)) || sealed, '')
      FROM identity WHERE entry_id = ANY (wanted)),
    (SELECT jsonb_object_agg(entry_id, b.reason ORDER BY b.at) FROM break_glass b
      WHERE b.person_id = person AND b.ends_at > now() AND b.entry_id = ANY (wanted));
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION identity_packed(uuid, text, text, bigint[]) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION identity_packed(uuid, text, text, bigint[]) TO ptl_service;
