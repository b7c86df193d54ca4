ALTER TABLE "delivery" ADD COLUMN "approved_until" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "delivery_held" ON "delivery" USING btree ("trust","feed") WHERE state = 'held';