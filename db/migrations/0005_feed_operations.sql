CREATE TABLE "code_mapping" (
	"trust" text NOT NULL,
	"field" text NOT NULL,
	"from_code" text NOT NULL,
	"to_code" text NOT NULL,
	"person_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "code_mapping_trust_field_from_code_pk" PRIMARY KEY("trust","field","from_code")
);
--> statement-breakpoint
CREATE TABLE "delivery_body" (
	"delivery_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"key_id" text NOT NULL,
	"sealed" "bytea" NOT NULL,
	CONSTRAINT "delivery_body_delivery_id_ordinal_pk" PRIMARY KEY("delivery_id","ordinal")
);
--> statement-breakpoint
CREATE TABLE "delivery_work" (
	"delivery_id" uuid PRIMARY KEY NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"beat_at" timestamp with time zone DEFAULT now() NOT NULL,
	"rows_read" integer DEFAULT 0 NOT NULL,
	"bytes_read" bigint DEFAULT 0 NOT NULL,
	"bytes_total" bigint,
	"stored" boolean DEFAULT false NOT NULL,
	"charset" text,
	"confirm" uuid
);
--> statement-breakpoint
CREATE TABLE "feed_alarm" (
	"trust" text NOT NULL,
	"feed" text NOT NULL,
	"kind" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"words" text NOT NULL,
	CONSTRAINT "feed_alarm_trust_feed_kind_pk" PRIMARY KEY("trust","feed","kind")
);
--> statement-breakpoint
CREATE TABLE "feed_expectation" (
	"trust" text NOT NULL,
	"feed" text NOT NULL,
	"interval_minutes" integer NOT NULL,
	"person_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "feed_expectation_trust_feed_pk" PRIMARY KEY("trust","feed")
);
--> statement-breakpoint
CREATE TABLE "refused_row" (
	"id" uuid PRIMARY KEY NOT NULL,
	"trust" text NOT NULL,
	"feed" text NOT NULL,
	"delivery_id" uuid NOT NULL,
	"row_number" integer NOT NULL,
	"record_key" text NOT NULL,
	"format" text NOT NULL,
	"context" text NOT NULL,
	"key_id" text NOT NULL,
	"sealed" "bytea" NOT NULL,
	"issues" jsonb NOT NULL,
	"extract_at" timestamp with time zone NOT NULL,
	"refused_at" timestamp with time zone NOT NULL,
	"state" text NOT NULL,
	"ended_at" timestamp with time zone,
	"ended_by" uuid,
	"ended_reason" text,
	"ended_delivery_id" uuid
);
--> statement-breakpoint
CREATE TABLE "unmapped_code" (
	"trust" text NOT NULL,
	"field" text NOT NULL,
	"code" text NOT NULL,
	"count" bigint NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"delivery_id" uuid NOT NULL,
	"row_number" integer NOT NULL,
	CONSTRAINT "unmapped_code_trust_field_code_pk" PRIMARY KEY("trust","field","code")
);
--> statement-breakpoint
ALTER TABLE "feed_key" ADD COLUMN "feed" text DEFAULT 'main' NOT NULL;--> statement-breakpoint
ALTER TABLE "feed_key" ADD COLUMN "made_by" uuid;--> statement-breakpoint
ALTER TABLE "feed_key" ADD COLUMN "valid_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "feed_key" ADD COLUMN "replaced_by" uuid;--> statement-breakpoint
ALTER TABLE "feed_key" ADD COLUMN "last_used_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "delivery" ADD COLUMN "feed" text DEFAULT 'main' NOT NULL;--> statement-breakpoint
ALTER TABLE "code_mapping" ADD CONSTRAINT "code_mapping_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "delivery_body" ADD CONSTRAINT "delivery_body_delivery_id_delivery_id_fk" FOREIGN KEY ("delivery_id") REFERENCES "public"."delivery"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_alarm" ADD CONSTRAINT "feed_alarm_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "feed_expectation" ADD CONSTRAINT "feed_expectation_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refused_row" ADD CONSTRAINT "refused_row_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refused_row" ADD CONSTRAINT "refused_row_delivery_id_delivery_id_fk" FOREIGN KEY ("delivery_id") REFERENCES "public"."delivery"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "unmapped_code" ADD CONSTRAINT "unmapped_code_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "refused_row_waiting" ON "refused_row" USING btree ("trust","record_key") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "refused_row_at" ON "refused_row" USING btree ("refused_at");
--> statement-breakpoint
-- Sealed bytes do not compress.
ALTER TABLE "delivery_body" ALTER COLUMN "sealed" SET STORAGE EXTERNAL;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON delivery_work, delivery_body, refused_row, unmapped_code, code_mapping, feed_expectation, feed_alarm TO ptl_service;
--> statement-breakpoint
-- What became of a refused row stays written; its content goes when it is over.
REVOKE DELETE ON refused_row FROM ptl_service;
--> statement-breakpoint
ALTER TABLE delivery_body ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE delivery_body FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY delivery_body_system ON delivery_body FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
ALTER TABLE refused_row ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE refused_row FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY refused_row_system ON refused_row FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
-- A refused row names somebody and is on no pathway yet: only the trust that sent it, and there only those who mend it.
CREATE POLICY refused_row_person ON refused_row FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND (SELECT current_setting('ptl.role', true)) IN ('coordinator', 'trustAdmin')
  AND trust = (SELECT current_setting('ptl.organisation', true)));
--> statement-breakpoint
ALTER TABLE unmapped_code ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE unmapped_code FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY unmapped_code_system ON unmapped_code FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY unmapped_code_person ON unmapped_code FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND trust = (SELECT current_setting('ptl.organisation', true)));
--> statement-breakpoint
ALTER TABLE code_mapping ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE code_mapping FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY code_mapping_system ON code_mapping FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY code_mapping_person ON code_mapping FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND trust = (SELECT current_setting('ptl.organisation', true)));
