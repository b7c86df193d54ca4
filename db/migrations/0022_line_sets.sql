-- A set of lines for each format in which a trust sends snapshots. Those there are go: each trust's next is read in full.
TRUNCATE "feed_lines", "feed_line_dropped";--> statement-breakpoint
CREATE TABLE "feed_line_set" (
	"trust" text NOT NULL,
	"format" text NOT NULL,
	"extract_at" timestamp with time zone NOT NULL,
	"rules" text NOT NULL,
	"gone" "bytea" NOT NULL,
	"others" "bytea" NOT NULL,
	CONSTRAINT "feed_line_set_trust_format_pk" PRIMARY KEY("trust","format")
);
--> statement-breakpoint
ALTER TABLE "feed_line_dropped" DROP CONSTRAINT "feed_line_dropped_trust_entry_id_pk";--> statement-breakpoint
ALTER TABLE "feed_lines" DROP CONSTRAINT "feed_lines_trust_block_pk";--> statement-breakpoint
ALTER TABLE "feed_line_dropped" ADD COLUMN "format" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "feed_lines" ADD COLUMN "format" text NOT NULL;--> statement-breakpoint
ALTER TABLE "feed_line_dropped" ADD CONSTRAINT "feed_line_dropped_trust_format_entry_id_pk" PRIMARY KEY("trust","format","entry_id");--> statement-breakpoint
ALTER TABLE "feed_lines" ADD CONSTRAINT "feed_lines_trust_format_block_pk" PRIMARY KEY("trust","format","block");--> statement-breakpoint
ALTER TABLE "feed_line_set" ADD CONSTRAINT "feed_line_set_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_snapshot" DROP COLUMN "rules";--> statement-breakpoint
ALTER TABLE "feed_snapshot" DROP COLUMN "gone";--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON feed_line_set TO ptl_service;
