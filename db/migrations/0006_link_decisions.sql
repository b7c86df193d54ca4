CREATE TABLE "link_decision" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "link_decision_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"entry_id" bigint NOT NULL,
	"other_id" bigint NOT NULL,
	"decision" text NOT NULL,
	"reason" text NOT NULL,
	"person_id" uuid NOT NULL,
	"organisation" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "link_decision_order" CHECK (entry_id < other_id),
	CONSTRAINT "link_decision_word" CHECK (decision in ('same', 'different'))
);
--> statement-breakpoint
ALTER TABLE "link_decision" ADD CONSTRAINT "link_decision_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "link_decision" ADD CONSTRAINT "link_decision_other_id_entry_id_fk" FOREIGN KEY ("other_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "link_decision_pair" ON "link_decision" USING btree ("entry_id","other_id");--> statement-breakpoint
CREATE INDEX "link_decision_other" ON "link_decision" USING btree ("other_id");
--> statement-breakpoint
-- A person's word on two entries stays written: a later word is a further row.
REVOKE UPDATE, DELETE ON link_decision FROM ptl_service;
--> statement-breakpoint
ALTER TABLE link_decision ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE link_decision FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY link_decision_system ON link_decision FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- The reason is free text and may name somebody: organisations on either pathway only, and in one's own name.
CREATE POLICY link_decision_read ON link_decision FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND EXISTS (SELECT FROM entry WHERE entry.id IN (entry_id, other_id)
    AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations)));
--> statement-breakpoint
CREATE POLICY link_decision_write ON link_decision FOR INSERT TO PUBLIC WITH CHECK (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND person_id::text = (SELECT current_setting('ptl.person', true)) AND organisation = (SELECT current_setting('ptl.organisation', true))
  AND EXISTS (SELECT FROM entry WHERE entry.id IN (entry_id, other_id)
    AND (SELECT current_setting('ptl.organisation', true)) = ANY (entry.organisations)));
