CREATE TABLE "mutual_aid" (
	"id" uuid PRIMARY KEY NOT NULL,
	"trust" text NOT NULL,
	"to_trust" text,
	"entry_id" bigint NOT NULL,
	"message_ids" text[] NOT NULL,
	"state" text NOT NULL,
	"action_id" bigint NOT NULL,
	"asked_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "mutual_aid" ADD CONSTRAINT "mutual_aid_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mutual_aid_messages" ON "mutual_aid" USING gin ("message_ids");
--> statement-breakpoint
ALTER TABLE mutual_aid ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE mutual_aid FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- Only the feeds themselves look at it; people see the action on the entry.
CREATE POLICY mutual_aid_system ON mutual_aid FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON mutual_aid TO ptl_service;
