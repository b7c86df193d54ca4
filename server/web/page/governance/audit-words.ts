/** What can be in the audit, in words. What is not here is shown as it stands. */
export const AUDIT_ACTIONS: Readonly<Record<string, string>> = {
  'identity:read': 'Read who somebody is',
  'identity:read:refused': 'Refused: who somebody is',
  'identity:breakGlass': 'Broke the glass',
  'breakGlass:review': 'Reviewed broken glass',
  'request:refused': 'Refused',
  'session:begin': 'Signed in',
  'session:end': 'Signed out',
  'list:export': 'Exported the list',
  'audit:export': 'Exported the audit',
  'note:write': 'Wrote a note',
  'action:write': 'Set or did an action',
  'link:write': 'Joined or kept apart',
  'escalation:acknowledge': 'Acknowledged an escalation',
  'priority:override': 'Overrode a priority',
  'policy:write': 'Made a policy or plan settings',
  'capacity:write': 'Wrote slots',
  'delivery:write': 'Delivered',
  'refusedRow:read': 'Read a refused row',
  'refusedRow:resubmit': 'Sent a refused row again',
  'refusedRow:dismiss': 'Dismissed a refused row',
  'codeMapping:write': 'Said what a code means',
  'feedKey:make': 'Made a feed key',
  'feedKey:rotate': 'Replaced a feed key',
  'feedKey:revoke': 'Revoked a feed key',
  'feed:expect': 'Set how often a feed is expected',
  'person:write': 'Added, changed or ended a person',
  'organisation:write': 'Wrote an organisation',
  'subject:export': 'Subject access',
  'subject:erase': 'Erased',
  'identity:reseal': 'Sealed identities anew',
}

/** The pathways a subject names: `entry:12` or `entries:12,15`. */
export function entriesOf(subject: string): readonly string[] {
  return /^entr(?:y|ies):([\d,]+)$/.exec(subject)?.[1]?.split(',') ?? []
}
