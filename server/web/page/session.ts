import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { LiveClient } from '../../../shared/live-client.ts'
import type { Role } from '../../../shared/vocabulary.ts'
import type { IdentityBook } from './identities.ts'

export interface Person {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly organisation: string
}

/** Answer of `GET /api/alliance`. */
export interface Alliance {
  readonly name: string
  readonly synthetic: boolean
  readonly trusts: readonly {
    readonly code: string
    readonly name: string
    readonly sites: readonly { readonly code: string; readonly name: string }[]
  }[]
}

/** What every view may lean on while somebody is signed in. */
export interface Session {
  readonly person: Person
  readonly alliance: Alliance
  readonly live: LiveClient
  readonly identities: IdentityBook
}

const SessionContext = createContext<Session | null>(null)
export const SessionProvider = SessionContext.Provider

/** @throws outside a signed-in page: a mistake in this code */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('nobody is signed in')
  return session
}

/** The name of a trust, or its code where the alliance does not know it. */
export function trustName(alliance: Alliance, code: string): string {
  return alliance.trusts.find((trust) => trust.code === code)?.name ?? code
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

/** Slots of their own trust. */
export function mayOpenSlots(person: Person): boolean {
  return OPENING.has(person.role)
}

/** Refused rows and codes of their own trust. */
export function mayMend(person: Person): boolean {
  return OPENING.has(person.role)
}

/** Feed keys of their own trust, and how often its feeds are expected. */
export function mayKeepKeys(person: Person): boolean {
  return person.role === 'trustAdmin'
}

/** Sees the whole alliance rather than the pathways of one trust. */
export function seesAlliance(person: Person): boolean {
  return person.role === 'lead' || person.role === 'allianceAdmin' || person.role === 'auditor'
}
