CREATE TABLE "acknowledgement" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "acknowledgement_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"entry_id" bigint NOT NULL,
	"person_id" uuid NOT NULL,
	"organisation" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "entry_look" (
	"person_id" uuid NOT NULL,
	"entry_id" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "entry_look_person_id_entry_id_pk" PRIMARY KEY("person_id","entry_id")
);
--> statement-breakpoint
CREATE TABLE "list_look" (
	"person_id" uuid PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "acknowledgement" ADD CONSTRAINT "acknowledgement_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entry_look" ADD CONSTRAINT "entry_look_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entry_look" ADD CONSTRAINT "entry_look_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "list_look" ADD CONSTRAINT "list_look_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "acknowledgement_entry" ON "acknowledgement" USING btree ("entry_id");
--> statement-breakpoint
REVOKE UPDATE, DELETE ON acknowledgement FROM ptl_service;
--> statement-breakpoint
ALTER TABLE acknowledgement ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE acknowledgement FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY acknowledgement_system ON acknowledgement FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- It holds no free text: whoever sees the entry sees who deals with it, and may say so in their own name.
CREATE POLICY acknowledgement_read ON acknowledgement FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id));
--> statement-breakpoint
CREATE POLICY acknowledgement_write ON acknowledgement FOR INSERT TO PUBLIC WITH CHECK (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND person_id::text = (SELECT current_setting('ptl.person', true)) AND organisation = (SELECT current_setting('ptl.organisation', true))
  AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id));
--> statement-breakpoint
ALTER TABLE list_look ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE list_look FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY list_look_system ON list_look FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- What somebody has looked at is their own.
CREATE POLICY list_look_own ON list_look FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'person' AND person_id::text = (SELECT current_setting('ptl.person', true)))
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'person' AND person_id::text = (SELECT current_setting('ptl.person', true)));
--> statement-breakpoint
ALTER TABLE entry_look ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE entry_look FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY entry_look_system ON entry_look FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY entry_look_own ON entry_look FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'person' AND person_id::text = (SELECT current_setting('ptl.person', true)))
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'person' AND person_id::text = (SELECT current_setting('ptl.person', true))
    AND EXISTS (SELECT FROM entry WHERE entry.id = entry_id));
