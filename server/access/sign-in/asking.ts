import type { Database } from '../../../db/client.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { AuditEvent } from '../audit/audit.ts'
import type { FeedKey } from '../feed-keys/feed-keys.ts'
import type { Asking } from '../offered.ts'
import type { Person } from '../people/people.ts'
import { tokenFrom } from './cookie.ts'
import { isOwnOrigin, isUnsafe } from './origin.ts'
import { findSession } from './sessions.ts'
import type { Session } from './sessions.ts'

/** Sent by a page that nobody has touched for a while: such a request does not keep a session alive. [IG-3] */
const UNATTENDED = 'x-ptl-unattended'

type Asker = { readonly person: Person } | { readonly feedKey: FeedKey }
type Placed = Pick<AuditEvent, 'person' | 'feedKey' | 'address'>

/** Whom requests come from, and from where. */
export interface AskingDesk {
  /** The request's session; undefined for none. @throws Refusal `not-yours` for the page of another site */
  session(request: Asking, isSocket: boolean): Promise<Session | undefined>
  /** @throws Refusal `not-signed-in`; as `session` */
  signedIn(request: Asking, isSocket: boolean): Promise<Session>
  refuseForeign(request: Asking, isSocket: boolean): void
  remember(request: Asking, who: Asker): void
  knownAs(request: Asking): { readonly person?: Person; readonly feedKey?: FeedKey }
  /** The address an event came from: its own, else that of its asker's request. */
  addressed(event: Placed): { readonly address?: string | undefined }
}

export function openAsking(options: {
  readonly db: Database
  readonly now: () => number
  readonly origins: readonly string[] | undefined
  readonly sample: boolean
}): AskingDesk {
  const { db, now, origins, sample } = options
  const known = new WeakMap<object, { readonly person?: Person; readonly feedKey?: FeedKey }>()
  const addresses = new WeakMap<object, string>()

  return {
    session,
    signedIn,
    refuseForeign,
    remember,
    knownAs: (request) => known.get(request) ?? {},
    addressed(event) {
      const who = event.person ?? event.feedKey
      return { address: event.address ?? (who === undefined ? who : addresses.get(who)) }
    },
  }

  async function session(request: Asking, isSocket: boolean): Promise<Session | undefined> {
    const token = tokenFrom(request.headers.cookie)
    if (token === undefined) return undefined
    refuseForeign(request, isSocket)
    const touch = !isSocket && request.headers[UNATTENDED] === undefined
    const found = await findSession(db, token, now(), { touch, sample })
    if (found !== undefined) remember(request, { person: found.person })
    return found
  }

  function remember(request: Asking, who: Asker): void {
    known.set(request, who)
    if (request.ip !== undefined)
      addresses.set('person' in who ? who.person : who.feedKey, request.ip)
  }

  function refuseForeign(request: Asking, isSocket: boolean): void {
    if (!isSocket && !isUnsafe(request.method ?? 'GET')) return
    if (isOwnOrigin(request.headers, origins)) return
    throw new Refusal('not-yours', 'The request came from the page of another site.')
  }

  async function signedIn(request: Asking, isSocket: boolean): Promise<Session> {
    const found = await session(request, isSocket)
    if (found === undefined) {
      const words =
        request.headers.authorization === undefined
          ? 'No session, or it has ended. Sign in and try again.'
          : 'This is for people who are signed in; a feed key opens the addresses of its own feeds alone.'
      throw new Refusal('not-signed-in', words)
    }
    return found
  }
}
