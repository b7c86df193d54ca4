import { Refusal } from '../../shared/problem.ts'
import { ROLES } from '../../shared/vocabulary.ts'
import type { Role } from '../../shared/vocabulary.ts'

/** Everything somebody who signed in can be allowed or refused. */
export const ACTIONS = [
  'list:read',
  'list:export',
  'entry:read',
  'history:read',
  'identity:read',
  'identity:breakGlass',
  'breakGlass:read',
  'breakGlass:review',
  'note:read',
  'note:write',
  'action:write',
  'link:write',
  'escalation:acknowledge',
  'priority:override',
  'policy:read',
  'policy:write',
  'capacity:read',
  'capacity:write',
  'suggestion:read',
  'suggestion:answer',
  'suggestion:veto',
  'transfer:read',
  'delivery:read',
  'delivery:settle',
  'refusedRow:read',
  'refusedRow:write',
  'codeMapping:write',
  'measures:read',
  'feedKey:write',
  'person:write',
  'audit:read',
  'subject:export',
  'subject:erase',
] as const
export type Action = (typeof ACTIONS)[number]

/** `own`: where the thing belongs to their organisation (or their organisation is on the pathway); `any`: everywhere. */
export type Reach = 'own' | 'any'

/** Whoever does something: their role and the organisation they do it for. */
export interface Actor {
  readonly role: Role
  readonly organisation: string
}

const TRACKING = {
  'list:read': 'own',
  'list:export': 'own',
  'entry:read': 'own',
  'history:read': 'own',
  'identity:read': 'own',
  'identity:breakGlass': 'any',
  'breakGlass:read': 'own',
  'note:read': 'own',
  'note:write': 'own',
  'action:write': 'own',
  'link:write': 'own',
  'escalation:acknowledge': 'own',
  'policy:read': 'any',
  'capacity:read': 'any',
  'suggestion:read': 'own',
  'transfer:read': 'own',
  'delivery:read': 'own',
  'measures:read': 'any',
} as const satisfies Partial<Record<Action, Reach>>

/** Putting right what one's own trust has sent. */
const MENDING = {
  'delivery:settle': 'own',
  'refusedRow:read': 'own',
  'refusedRow:write': 'own',
  'codeMapping:write': 'own',
} as const satisfies Partial<Record<Action, Reach>>

/** Pseudonymous sight of the whole alliance. [domain.md section 7] */
const OVERSIGHT = {
  'list:read': 'any',
  'list:export': 'any',
  'entry:read': 'any',
  'history:read': 'any',
  'policy:read': 'any',
  'capacity:read': 'any',
  'suggestion:read': 'any',
  'transfer:read': 'any',
  'measures:read': 'any',
} as const satisfies Partial<Record<Action, Reach>>

/**
 * The one table of rights: role x action x reach; what is not here is refused. Row-level security says the same of
 * rows (db/migrations), so that a check forgotten in a route still shows nothing.
 */
export const RIGHTS: Readonly<Record<Role, Readonly<Partial<Record<Action, Reach>>>>> = {
  coordinator: { ...TRACKING, ...MENDING, 'capacity:write': 'own', 'suggestion:answer': 'own' },
  clinician: {
    ...TRACKING,
    'priority:override': 'own',
    'suggestion:answer': 'own',
    'suggestion:veto': 'own',
  },
  mdt: TRACKING,
  trustAdmin: {
    ...TRACKING,
    ...MENDING,
    'capacity:write': 'own',
    'suggestion:answer': 'own',
    'feedKey:write': 'own',
    'person:write': 'own',
  },
  lead: {
    ...OVERSIGHT,
    'policy:write': 'any',
    'escalation:acknowledge': 'any',
    'delivery:read': 'any',
  },
  allianceAdmin: {
    ...OVERSIGHT,
    'policy:write': 'any',
    'delivery:read': 'any',
    'feedKey:write': 'any',
    'person:write': 'any',
  },
  auditor: {
    ...OVERSIGHT,
    'delivery:read': 'any',
    'audit:read': 'any',
    'breakGlass:read': 'any',
    'breakGlass:review': 'any',
    'subject:export': 'any',
    'subject:erase': 'any',
  },
  readOnly: {
    'list:read': 'own',
    'entry:read': 'own',
    'policy:read': 'any',
    'capacity:read': 'any',
    'suggestion:read': 'own',
    'transfer:read': 'own',
    'measures:read': 'any',
  },
}

/** How far `role` may do `action`; null for not at all. */
export function reach(role: Role, action: Action): Reach | null {
  return RIGHTS[role][action] ?? null
}

/**
 * Whether `actor` may do `action`.
 * @param organisation whose thing it is, or all organisations on the pathway; absent: whether they may do it anywhere
 */
export function may(
  actor: Actor,
  action: Action,
  organisation?: string | readonly string[],
): boolean {
  const allowed = reach(actor.role, action)
  if (allowed === null) return false
  if (allowed === 'any' || organisation === undefined) return true
  return typeof organisation === 'string'
    ? organisation === actor.organisation
    : organisation.includes(actor.organisation)
}

/** The same as a refusal. @throws Refusal `not-yours`, naming the right that is missing and never the thing */
export function requireRight(
  actor: Actor,
  action: Action,
  organisation?: string | readonly string[],
): void {
  if (may(actor, action, organisation)) return
  const where = reach(actor.role, action) === null ? '' : ' for another organisation'
  throw new Refusal(
    'not-yours',
    `${ROLES[actor.role]} may not do ${action}${where}. Ask your trust or alliance administrator.`,
  )
}

/** Whether somebody sees every pathway of the alliance, pseudonymous, rather than their organisation's. */
export function seesAll(actor: Actor): boolean {
  return reach(actor.role, 'list:read') === 'any'
}
