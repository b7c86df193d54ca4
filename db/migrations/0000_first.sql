CREATE TABLE "audit" (
	"id" bigint PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"person_id" uuid,
	"organisation" text,
	"role" text,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"reason" text,
	"request_id" text,
	"previous_hash" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_head" (
	"id" integer PRIMARY KEY NOT NULL,
	"last_id" bigint NOT NULL,
	"last_hash" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "feed_key" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"organisation" text NOT NULL,
	"label" text NOT NULL,
	"key_hash" "bytea" NOT NULL,
	"scopes" text[] NOT NULL,
	"sandbox" boolean DEFAULT false NOT NULL,
	"sample" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "feed_key_key_hash_unique" UNIQUE("key_hash")
);
--> statement-breakpoint
CREATE TABLE "person" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"organisation" text NOT NULL,
	"subject" text,
	"sample" boolean DEFAULT false NOT NULL,
	"active" boolean DEFAULT true NOT NULL,
	CONSTRAINT "person_subject_unique" UNIQUE("subject")
);
--> statement-breakpoint
CREATE TABLE "session" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "change_clock" (
	"id" integer PRIMARY KEY NOT NULL,
	"last_seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "change_log" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"topic" text NOT NULL,
	"kind" text NOT NULL,
	"entry_ids" bigint[],
	"payload" jsonb
);
--> statement-breakpoint
CREATE TABLE "action" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "action_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"entry_id" bigint NOT NULL,
	"person_id" uuid NOT NULL,
	"organisation" text NOT NULL,
	"body" text NOT NULL,
	"owner" text,
	"due_on" date,
	"escalated" boolean DEFAULT false NOT NULL,
	"done_at" timestamp with time zone,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clock_stop" (
	"entry_id" bigint NOT NULL,
	"standard" text NOT NULL,
	"trust" text NOT NULL,
	"stopped_on" date NOT NULL,
	"wait_days" integer NOT NULL,
	"in_time" boolean NOT NULL,
	"tumour" text NOT NULL,
	"route" text NOT NULL,
	"share" numeric(2, 1) NOT NULL,
	"breach_share" numeric(2, 1) NOT NULL,
	CONSTRAINT "clock_stop_entry_id_standard_trust_pk" PRIMARY KEY("entry_id","standard","trust")
);
--> statement-breakpoint
CREATE TABLE "entry" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "entry_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"trust" text NOT NULL,
	"local_id" text NOT NULL,
	"state" text NOT NULL,
	"closed_reason" text,
	"tumour" text NOT NULL,
	"received_on" date,
	"facts" jsonb NOT NULL,
	"hash" "bytea" NOT NULL,
	"pathway_key" text,
	"organisations" text[] NOT NULL,
	"delivery_id" uuid NOT NULL,
	"row_number" integer NOT NULL,
	"extract_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "entry_trust_local" UNIQUE("trust","local_id")
);
--> statement-breakpoint
CREATE TABLE "entry_history" (
	"entry_id" bigint NOT NULL,
	"version" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"delivery_id" uuid,
	"row_number" integer,
	"state" text NOT NULL,
	"closed_reason" text,
	"facts" jsonb NOT NULL,
	CONSTRAINT "entry_history_entry_id_version_pk" PRIMARY KEY("entry_id","version")
);
--> statement-breakpoint
CREATE TABLE "identity" (
	"entry_id" bigint PRIMARY KEY NOT NULL,
	"key_id" text NOT NULL,
	"sealed" "bytea" NOT NULL,
	"nhs_hash" "bytea"
);
--> statement-breakpoint
CREATE TABLE "note" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "note_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"entry_id" bigint NOT NULL,
	"person_id" uuid NOT NULL,
	"organisation" text NOT NULL,
	"body" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "policy" (
	"version" integer PRIMARY KEY NOT NULL,
	"body" jsonb NOT NULL,
	"reason" text NOT NULL,
	"person_id" uuid,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "priority_override" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "priority_override_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"entry_id" bigint NOT NULL,
	"person_id" uuid NOT NULL,
	"organisation" text NOT NULL,
	"tier" integer NOT NULL,
	"reason" text NOT NULL,
	"ends_on" date NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "delivery" (
	"id" uuid PRIMARY KEY NOT NULL,
	"trust" text NOT NULL,
	"feed_key_id" uuid,
	"mode" text NOT NULL,
	"format" text NOT NULL,
	"state" text NOT NULL,
	"dry_run" boolean DEFAULT false NOT NULL,
	"sandbox" boolean DEFAULT false NOT NULL,
	"idempotency_key" text,
	"request_id" text,
	"correlation_id" text,
	"body_hash" "bytea",
	"extract_at" timestamp with time zone NOT NULL,
	"counts" jsonb NOT NULL,
	"issue_count" integer DEFAULT 0 NOT NULL,
	"reason" text,
	"received_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "delivery_issue" (
	"delivery_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"row_number" integer NOT NULL,
	"record_key" text NOT NULL,
	"field" text NOT NULL,
	"code" text NOT NULL,
	"severity" text NOT NULL,
	"message" text NOT NULL,
	"fix" text NOT NULL,
	CONSTRAINT "delivery_issue_delivery_id_ordinal_pk" PRIMARY KEY("delivery_id","ordinal")
);
--> statement-breakpoint
CREATE TABLE "organisation" (
	"code" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"opened_on" date,
	"closed_on" date,
	"successor" text,
	"synthetic" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "site" (
	"code" text PRIMARY KEY NOT NULL,
	"organisation" text NOT NULL,
	"name" text NOT NULL,
	"latitude" double precision,
	"longitude" double precision,
	"opened_on" date,
	"closed_on" date,
	"synthetic" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "travel" (
	"from_site" text NOT NULL,
	"to_site" text NOT NULL,
	"minutes" integer NOT NULL,
	CONSTRAINT "travel_from_site_to_site_pk" PRIMARY KEY("from_site","to_site")
);
--> statement-breakpoint
CREATE TABLE "capacity" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "capacity_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site" text NOT NULL,
	"step" text NOT NULL,
	"day" date NOT NULL,
	"slots" integer NOT NULL,
	"promised" integer DEFAULT 0 NOT NULL,
	"open_to_alliance" boolean NOT NULL,
	"tumours" text[],
	"notice_days" integer NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "capacity_bucket" UNIQUE("site","step","day"),
	CONSTRAINT "capacity_not_overpromised" CHECK (promised between 0 and slots)
);
--> statement-breakpoint
CREATE TABLE "leader" (
	"name" text PRIMARY KEY NOT NULL,
	"fence" bigint NOT NULL,
	"held_by" text NOT NULL,
	"since" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "plan" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "plan_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"fence" bigint NOT NULL,
	"last_seq" bigint NOT NULL,
	"patients" integer NOT NULL,
	"slots" integer NOT NULL,
	"moved" integer NOT NULL,
	"cost_stay" double precision NOT NULL,
	"cost_plan" double precision NOT NULL,
	"prices" jsonb NOT NULL,
	"took_ms" double precision NOT NULL
);
--> statement-breakpoint
CREATE TABLE "suggestion" (
	"id" uuid PRIMARY KEY NOT NULL,
	"entry_id" bigint NOT NULL,
	"capacity_id" bigint NOT NULL,
	"from_trust" text NOT NULL,
	"to_trust" text NOT NULL,
	"to_site" text NOT NULL,
	"step" text NOT NULL,
	"tumour" text NOT NULL,
	"day" date NOT NULL,
	"state" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"slot_held" boolean DEFAULT false NOT NULL,
	"reason" jsonb NOT NULL,
	"closed_reason" text,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "suggestion_answer" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "suggestion_answer_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"suggestion_id" uuid NOT NULL,
	"side" text NOT NULL,
	"answer" text NOT NULL,
	"reason_code" text,
	"note" text,
	"person_id" uuid NOT NULL,
	"person_name" text NOT NULL,
	"organisation" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "suggestion_answer_side" UNIQUE("suggestion_id","side")
);
--> statement-breakpoint
CREATE TABLE "transfer" (
	"id" uuid PRIMARY KEY NOT NULL,
	"entry_id" bigint NOT NULL,
	"suggestion_id" uuid,
	"from_trust" text NOT NULL,
	"to_trust" text NOT NULL,
	"to_site" text,
	"step" text,
	"day" date,
	"agreed_at" timestamp with time zone NOT NULL,
	"sent_on" date,
	"received_on" date
);
--> statement-breakpoint
ALTER TABLE "feed_key" ADD CONSTRAINT "feed_key_organisation_organisation_code_fk" FOREIGN KEY ("organisation") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person" ADD CONSTRAINT "person_organisation_organisation_code_fk" FOREIGN KEY ("organisation") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "action" ADD CONSTRAINT "action_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "clock_stop" ADD CONSTRAINT "clock_stop_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entry" ADD CONSTRAINT "entry_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entry_history" ADD CONSTRAINT "entry_history_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity" ADD CONSTRAINT "identity_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "note" ADD CONSTRAINT "note_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "priority_override" ADD CONSTRAINT "priority_override_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_trust_organisation_code_fk" FOREIGN KEY ("trust") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "delivery_issue" ADD CONSTRAINT "delivery_issue_delivery_id_delivery_id_fk" FOREIGN KEY ("delivery_id") REFERENCES "public"."delivery"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "site" ADD CONSTRAINT "site_organisation_organisation_code_fk" FOREIGN KEY ("organisation") REFERENCES "public"."organisation"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "travel" ADD CONSTRAINT "travel_from_site_site_code_fk" FOREIGN KEY ("from_site") REFERENCES "public"."site"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "travel" ADD CONSTRAINT "travel_to_site_site_code_fk" FOREIGN KEY ("to_site") REFERENCES "public"."site"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "capacity" ADD CONSTRAINT "capacity_site_site_code_fk" FOREIGN KEY ("site") REFERENCES "public"."site"("code") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "suggestion" ADD CONSTRAINT "suggestion_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "suggestion" ADD CONSTRAINT "suggestion_capacity_id_capacity_id_fk" FOREIGN KEY ("capacity_id") REFERENCES "public"."capacity"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "suggestion_answer" ADD CONSTRAINT "suggestion_answer_suggestion_id_suggestion_id_fk" FOREIGN KEY ("suggestion_id") REFERENCES "public"."suggestion"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfer" ADD CONSTRAINT "transfer_entry_id_entry_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."entry"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfer" ADD CONSTRAINT "transfer_suggestion_id_suggestion_id_fk" FOREIGN KEY ("suggestion_id") REFERENCES "public"."suggestion"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_subject" ON "audit" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "action_entry" ON "action" USING btree ("entry_id");--> statement-breakpoint
CREATE INDEX "clock_stop_month" ON "clock_stop" USING btree ("standard","stopped_on");--> statement-breakpoint
CREATE INDEX "entry_open" ON "entry" USING btree ("id") WHERE state = 'open';--> statement-breakpoint
CREATE INDEX "entry_pathway" ON "entry" USING btree ("pathway_key") WHERE pathway_key is not null;--> statement-breakpoint
CREATE INDEX "identity_nhs" ON "identity" USING btree ("nhs_hash") WHERE nhs_hash is not null;--> statement-breakpoint
CREATE INDEX "note_entry" ON "note" USING btree ("entry_id");--> statement-breakpoint
CREATE INDEX "priority_override_entry" ON "priority_override" USING btree ("entry_id");--> statement-breakpoint
CREATE INDEX "delivery_trust" ON "delivery" USING btree ("trust","received_at");--> statement-breakpoint
CREATE UNIQUE INDEX "delivery_idempotency" ON "delivery" USING btree ("trust","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "delivery_request" ON "delivery" USING btree ("trust","request_id","correlation_id") WHERE request_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "suggestion_one_live" ON "suggestion" USING btree ("entry_id") WHERE state in ('suggested','referrerReview','patientOffered','patientAccepted','receiverReview','accepted','mdsSent','received');