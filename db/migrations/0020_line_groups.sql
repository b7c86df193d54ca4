ALTER TABLE "feed_lines" ADD COLUMN "group_hashes" "bytea" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "feed_lines" ADD COLUMN "group_sizes" "bytea" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "feed_lines" ADD COLUMN "group_lines" "bytea" DEFAULT '' NOT NULL;--> statement-breakpoint
-- Hashes do not compress; trying costs more than it saves.
ALTER TABLE "feed_lines" ALTER COLUMN "group_hashes" SET STORAGE EXTERNAL, ALTER COLUMN "group_sizes" SET STORAGE EXTERNAL,
  ALTER COLUMN "group_lines" SET STORAGE EXTERNAL;

--> statement-breakpoint
-- Room on each page for the next version of a row: an update then touches no index, which was most of what a changed
-- pathway of an hourly extract cost the server.
ALTER TABLE "entry" SET (fillfactor = 90);
