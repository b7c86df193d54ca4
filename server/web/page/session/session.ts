import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { LiveClient } from '../../../../shared/live-client.ts'
import type { IdentityBook } from './identities.ts'
import type { Drafts } from './drafts.ts'
import type { Person } from './may.ts'

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
  readonly drafts: Drafts
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
