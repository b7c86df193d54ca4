-- Suggestions, their answers and transfers: the two trusts of a move and the alliance's own roles read them; only the
-- service itself, in its own name, writes them. Forced, so that the owner of the tables is held to it as well.
ALTER TABLE suggestion ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE suggestion FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY suggestion_system ON suggestion FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY suggestion_read ON suggestion FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND ((SELECT current_setting('ptl.organisation', true)) IN (from_trust, to_trust)
    OR (SELECT current_setting('ptl.role', true)) IN ('lead', 'allianceAdmin', 'auditor')));
--> statement-breakpoint
ALTER TABLE suggestion_answer ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE suggestion_answer FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY suggestion_answer_system ON suggestion_answer FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY suggestion_answer_read ON suggestion_answer FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND EXISTS (SELECT FROM suggestion WHERE suggestion.id = suggestion_id));
--> statement-breakpoint
ALTER TABLE transfer ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE transfer FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY transfer_system ON transfer FOR ALL TO PUBLIC
  USING ((SELECT current_setting('ptl.kind', true)) = 'system')
  WITH CHECK ((SELECT current_setting('ptl.kind', true)) = 'system');
--> statement-breakpoint
CREATE POLICY transfer_read ON transfer FOR SELECT TO PUBLIC USING (
  (SELECT current_setting('ptl.kind', true)) = 'person'
  AND ((SELECT current_setting('ptl.organisation', true)) IN (from_trust, to_trust)
    OR (SELECT current_setting('ptl.role', true)) IN ('lead', 'allianceAdmin', 'auditor')));
