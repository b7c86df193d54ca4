import type { Role } from '../../../../shared/vocabulary.ts'

/*
 * What the page offers to whom. The server decides by its own table of rights, and a test compares the two.
 */

export interface Person {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly organisation: string
}

const CARING: ReadonlySet<Role> = new Set(['coordinator', 'clinician', 'mdt', 'trustAdmin'])
const ANSWERING: ReadonlySet<Role> = new Set(['coordinator', 'clinician', 'trustAdmin'])
const OPENING: ReadonlySet<Role> = new Set(['coordinator', 'trustAdmin'])

/** Who may be shown a name at all. The server decides pathway by pathway; others do not even ask, for asking is recorded. */
export function mayKnowNames(person: Person): boolean {
  return CARING.has(person.role)
}

export function mayAnswer(person: Person): boolean {
  return ANSWERING.has(person.role)
}

/** A veto of a move to or from their own trust, whoever's turn it is. */
export function mayVeto(person: Person): boolean {
  return person.role === 'clinician'
}

/** Slots of their own trust. */
export function mayOpenSlots(person: Person): boolean {
  return OPENING.has(person.role)
}

/** Refused rows and codes of their own trust. */
export function mayMend(person: Person): boolean {
  return OPENING.has(person.role)
}

/** Feed keys and how often feeds are expected: of their own trust, or of all. */
export function mayKeepKeys(person: Person): boolean {
  return person.role === 'trustAdmin' || person.role === 'allianceAdmin'
}

/** Who may sign in for their own trust, or for all. */
export function mayKeepPeople(person: Person): boolean {
  return person.role === 'trustAdmin' || person.role === 'allianceAdmin'
}

/** The audit, subject access, erasure, and the review of every opening. */
export function mayAudit(person: Person): boolean {
  return person.role === 'auditor'
}

/** Drafts and makes versions of the ranking policy and the plan settings. */
export function mayWritePolicy(person: Person): boolean {
  return person.role === 'lead' || person.role === 'allianceAdmin'
}

/** What has been delivered, by their own trust or by all. */
export function seesFeeds(person: Person): boolean {
  return person.role !== 'readOnly'
}

/** What people write on pathways of their own trust: it may name somebody. */
export function mayReadText(person: Person): boolean {
  return CARING.has(person.role)
}

/** Every version of a pathway. */
export function mayReadHistory(person: Person): boolean {
  return person.role !== 'readOnly'
}

/** The list as a file. */
export function mayExport(person: Person): boolean {
  return person.role !== 'readOnly'
}

/** Has anything to do under Governance. */
export function mayGovern(person: Person): boolean {
  return mayKnowNames(person) || mayKeepPeople(person) || mayAudit(person)
}

/** Sees the whole alliance rather than the pathways of one trust. */
export function seesAlliance(person: Person): boolean {
  return person.role === 'lead' || person.role === 'allianceAdmin' || person.role === 'auditor'
}
