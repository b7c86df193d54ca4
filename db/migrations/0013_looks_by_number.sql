ALTER TABLE "entry_look" ADD COLUMN "seq" bigint;--> statement-breakpoint
ALTER TABLE "list_look" ADD COLUMN "seq" bigint;--> statement-breakpoint
-- What was looked at so far is known by its instant: the last number of then is the nearest there is.
DO $$ BEGIN
  PERFORM set_config('ptl.kind', 'system', true);
  UPDATE list_look SET seq = coalesce((SELECT max(c.seq) FROM change_log c WHERE c.at <= list_look.at), 0);
  UPDATE entry_look SET seq = coalesce((SELECT max(c.seq) FROM change_log c WHERE c.at <= entry_look.at), 0);
  PERFORM set_config('ptl.kind', '', true);
END $$;--> statement-breakpoint
ALTER TABLE "entry_look" ALTER COLUMN "seq" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "list_look" ALTER COLUMN "seq" SET NOT NULL;
