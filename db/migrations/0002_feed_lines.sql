CREATE TABLE "feed_line_dropped" (
	"trust" text NOT NULL,
	"entry_id" bigint NOT NULL,
	CONSTRAINT "feed_line_dropped_trust_entry_id_pk" PRIMARY KEY("trust","entry_id")
);
--> statement-breakpoint
CREATE TABLE "feed_lines" (
	"trust" text NOT NULL,
	"block" integer NOT NULL,
	"hashes" "bytea" NOT NULL,
	"entry_ids" "bytea" NOT NULL,
	CONSTRAINT "feed_lines_trust_block_pk" PRIMARY KEY("trust","block")
);
--> statement-breakpoint
CREATE TABLE "feed_snapshot" (
	"trust" text PRIMARY KEY NOT NULL,
	"extract_at" timestamp with time zone NOT NULL,
	"rules" text NOT NULL,
	"gone" "bytea" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "feed_line_dropped" ADD CONSTRAINT "feed_line_dropped_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_lines" ADD CONSTRAINT "feed_lines_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_snapshot" ADD CONSTRAINT "feed_snapshot_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
-- Hashes do not compress; trying costs more than it saves.
ALTER TABLE "feed_lines" ALTER COLUMN "hashes" SET STORAGE EXTERNAL, ALTER COLUMN "entry_ids" SET STORAGE EXTERNAL;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON feed_snapshot, feed_lines, feed_line_dropped TO ptl_service;
