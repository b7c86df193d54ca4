CREATE TABLE "feed_said" (
	"entry_id" bigint NOT NULL,
	"part" text NOT NULL,
	"said_at" timestamp with time zone NOT NULL,
	"whole_at" timestamp with time zone NOT NULL,
	CONSTRAINT "feed_said_entry_id_part_pk" PRIMARY KEY("entry_id","part")
);
--> statement-breakpoint
ALTER TABLE "feed_said" ADD CONSTRAINT "feed_said_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE feed_said ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE feed_said FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- Only the feeds themselves look at it.
CREATE POLICY feed_said_system ON feed_said FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON feed_said TO ptl_service;
