-- What people write may name somebody: whoever only reads is shown no name, and so no free text either.
CREATE POLICY note_text ON note AS RESTRICTIVE FOR SELECT TO PUBLIC
  USING ((SELECT current_setting('ptl.role', true)) IS DISTINCT FROM 'readOnly');
--> statement-breakpoint
CREATE POLICY action_text ON action AS RESTRICTIVE FOR SELECT TO PUBLIC
  USING ((SELECT current_setting('ptl.role', true)) IS DISTINCT FROM 'readOnly');
--> statement-breakpoint
CREATE POLICY priority_override_text ON priority_override AS RESTRICTIVE FOR SELECT TO PUBLIC
  USING ((SELECT current_setting('ptl.role', true)) IS DISTINCT FROM 'readOnly');
--> statement-breakpoint
CREATE POLICY link_decision_text ON link_decision AS RESTRICTIVE FOR SELECT TO PUBLIC
  USING ((SELECT current_setting('ptl.role', true)) IS DISTINCT FROM 'readOnly');
