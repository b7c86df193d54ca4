-- Idempotency-Keys are each feed's own: those kept before are brought into the form they have now. [FEED-14]
SELECT set_config('ptl.kind', 'system', true);
--> statement-breakpoint
UPDATE delivery SET idempotency_key = CASE
    WHEN format LIKE 'capacity-%'
      THEN 'capacity/' || coalesce((SELECT k.feed FROM feed_key k WHERE k.id = delivery.feed_key_id), 'main')
    ELSE feed
  END || ' ' || idempotency_key
WHERE idempotency_key IS NOT NULL;
--> statement-breakpoint
SELECT set_config('ptl.kind', '', true);
