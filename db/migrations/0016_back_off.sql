CREATE TABLE "back_off" (
	"source" text PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"last_at" timestamp with time zone NOT NULL
);

--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON back_off TO ptl_service;
--> statement-breakpoint
ALTER TABLE back_off ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE back_off FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY back_off_system ON back_off FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
