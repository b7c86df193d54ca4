import type { Database } from '../../../db/client.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { AuditEvent } from '../audit/audit.ts'
import type { Access, Asking } from '../offered.ts'
import { personOfSubject, samplePeople, samplePerson } from '../people/people.ts'
import type { Person } from '../people/people.ts'
import type { AskingDesk } from './asking.ts'
import type { BackOff } from './back-off.ts'
import { signInFrom } from './cookie.ts'
import type { Provider } from './provider.ts'
import { beginSession, endSessions } from './sessions.ts'
import type { Beginning, Ending } from './sessions.ts'
import { beginSignIn, finishSignIn } from './sign-in.ts'

type Signing = Pick<
  Access,
  | 'ways'
  | 'samplePeople'
  | 'signInAsSample'
  | 'beginSignIn'
  | 'finishSignIn'
  | 'signOut'
  | 'signedOutAtProvider'
  | 'endSessionsOf'
>

/** Signing in and out: by the provider, or as one of the sample's people. [IG-1, IG-3, IG-4] */
export function openSigning(options: {
  readonly db: Database
  readonly now: () => number
  readonly sample: boolean
  readonly provider: Provider | null
  readonly backOff: BackOff
  readonly asking: AskingDesk
  readonly auditNow: (event: AuditEvent) => Promise<void>
}): Signing {
  const { db, now, sample, provider, backOff, asking, auditNow } = options
  return {
    ways: { sample, provider: provider !== null },
    samplePeople: () => samplePeople(db),
    async signInAsSample(personId, request) {
      asking.refuseForeign(request, false)
      const person = sample ? await samplePerson(db, personId) : undefined
      if (person !== undefined) return begin(person, request, { via: 'sample' })
      const none = 'No such sample sign-in. GET /api/sample-people lists them.'
      throw await backOff.failed(`sign-in ${request.ip ?? ''}`, new Refusal('not-signed-in', none))
    },
    beginSignIn: () => beginSignIn(db, wantProvider(), now()),
    async finishSignIn(request, query) {
      const browser = signInFrom(request.headers.cookie)
      try {
        const vouched = await finishSignIn(db, wantProvider(), { query, browser }, now())
        const person = await personOfSubject(db, vouched.subject)
        if (person !== undefined)
          return await begin(person, request, { via: 'provider', session: vouched.session })
        throw new Refusal(
          'not-yours',
          'You are signed in at the provider, and nobody here has given you a role. Ask your trust administrator.',
        )
      } catch (cause) {
        const isNo = cause instanceof Refusal && cause.code === 'not-signed-in'
        throw isNo ? await backOff.failed(`sign-in ${request.ip ?? ''}`, cause) : cause
      }
    },
    async signOut(request, { everywhere = false } = {}) {
      const found = await asking.session(request, false)
      if (found === undefined) return null
      const { person, id } = found
      const count = await end(everywhere ? { personId: person.id } : { session: id })
      const reason = everywhere ? `everywhere: ${String(count)} sessions` : undefined
      const subject = `person:${person.id}`
      await auditNow({ person, action: 'session:end', subject, reason })
      return found.atProvider ? (provider?.signOutUrl() ?? null) : null
    },
    async signedOutAtProvider(logoutToken) {
      const { subject, session: providerSession } = await wantProvider().readLogout(
        logoutToken,
        now(),
      )
      const count = await end({ providerSession, subject })
      await auditNow({
        action: 'session:end',
        subject: 'provider',
        reason: `signed out at the provider: ${String(count)} sessions`,
      })
    },
    endSessionsOf: (tx, personId) => endSessions(tx, { personId }, now()),
  }

  async function begin(
    person: Person,
    request: Asking,
    how: Beginning,
  ): Promise<{ person: Person; token: string }> {
    const token = await beginSession(db, person, now(), how)
    asking.remember(request, { person })
    await auditNow({ person, action: 'session:begin', subject: `person:${person.id}` })
    return { person, token }
  }

  function wantProvider(): Provider {
    if (provider !== null) return provider
    throw new Refusal('not-found', 'No provider is set up here. GET /api/sign-in/ways says how.')
  }

  function end(which: Ending): Promise<number> {
    return db.scoped({ kind: 'system', name: 'access' }, (tx) => endSessions(tx, which, now()))
  }
}
