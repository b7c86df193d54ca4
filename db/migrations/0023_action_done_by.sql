ALTER TABLE "action" ADD COLUMN "done_by" uuid;--> statement-breakpoint
ALTER TABLE "action" ADD COLUMN "done_organisation" text;