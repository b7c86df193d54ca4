CREATE TABLE "plan_settings" (
	"version" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "plan_settings_version_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"settings" jsonb NOT NULL,
	"reason" text NOT NULL,
	"made_by" uuid NOT NULL,
	"made_by_name" text NOT NULL,
	"made_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "capacity" ADD COLUMN "limits" jsonb;--> statement-breakpoint
ALTER TABLE "plan" ADD COLUMN "effect" jsonb;
--> statement-breakpoint
-- What was set stays written.
REVOKE UPDATE, DELETE ON "plan_settings" FROM ptl_service;
