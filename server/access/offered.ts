import type { IncomingHttpHeaders } from 'node:http'
import type { TransactionSql } from '../../db/client.ts'
import type { Identity } from '../../shared/entry.ts'
import type { AuditEvent, AuditVerdict } from './audit/audit.ts'
import type { ErasureCertificate } from '../../shared/governance.ts'
import type { RecordHash } from './keeping/erased-records.ts'
import type { FeedKey, FeedScope } from './feed-keys/feed-keys.ts'
import type { Person, SamplePerson } from './people/people.ts'
import type { Action } from './rights.ts'
import type { SealedBytes, SealedIdentity } from './identity/seal.ts'
import type { Session } from './sign-in/sessions.ts'
import type { SubjectAccess } from './keeping/subject-access.ts'

/** What of a request is looked at here: fastify's request and node's both have it. */
export interface Asking {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
  /** Network address of the other side. */
  readonly ip?: string
}

/** Who is asking, what they may do, who somebody is, and what was done. */
export interface Access {
  /** @throws Refusal `not-signed-in`; `not-yours` when another site's page sends an unsafe request */
  person(request: Asking): Promise<Person>
  maybePerson(request: Asking): Promise<Person | null>
  /**
   * For a socket: the session too, to be watched with `onSessionEnd` and closed at `expiresAt` or, unless the person
   * has asked for something meanwhile, at `idleEndsAt`. Does not count as asking. @throws as `person`
   */
  personForSocket(request: Asking): Promise<Session>
  /** Who this request was found to come from, if anybody; never looks again. For what is recorded of it. */
  knownAs(request: Asking): { readonly person?: Person; readonly feedKey?: FeedKey }
  /**
   * `fn` gets the id of each session that ends by sign-out, in whichever process. @returns how to stop listening
   * @param onUnheard some may have ended unheard: the database was out of reach, and is back
   */
  onSessionEnd(fn: (sessionId: string) => void, onUnheard?: () => void): () => void
  /** @throws Refusal `unknown-key`, `not-yours`, `too-many` */
  feedKey(request: Asking, trust: string, scope: FeedScope): Promise<FeedKey>
  /** The key a request carries, whatever it may do. @throws Refusal `unknown-key`, `too-many` */
  anyFeedKey(request: Asking): Promise<FeedKey>
  /** Whoever may write this trust's capacity: a feed key when one is sent, else somebody signed in. For the audit. */
  capacityWriter(
    request: Asking,
    trust: string,
  ): Promise<{ readonly person: Person } | { readonly feedKey: FeedKey }>
  may(person: Person, action: Action, organisation?: string | readonly string[]): boolean
  /** @throws Refusal `not-yours` */
  require(person: Person, action: Action, organisation?: string | readonly string[]): void
  /** Whether they see every pathway, pseudonymous, and not only their organisation's. */
  seesAll(person: Person): boolean
  /** Near the end of the transaction of what it tells of: it takes the audit's lock. */
  audit(tx: TransactionSql, event: AuditEvent | readonly AuditEvent[]): Promise<void>
  /** The same for what writes nothing else: many requests share a transaction. Answer only when it has resolved. */
  auditNow(event: AuditEvent | readonly AuditEvent[]): Promise<void>
  verifyAudit(): Promise<AuditVerdict>
  seal(identity: Identity): SealedIdentity
  unseal(row: SealedBytes): Identity
  /** For whatever else may name somebody. `boundTo` says what it belongs to, and opens it again. */
  sealBytes(bytes: Buffer, boundTo: string): SealedBytes
  unsealBytes(row: SealedBytes, boundTo: string): Buffer
  /** Entitled pathways only, at most 100, each read audited. */
  identities(
    person: Person,
    entryIds: readonly number[],
    reason?: string,
    requestId?: string,
  ): Promise<Map<number, Identity>>
  /** The same as the JSON of `[{id, identity}]`, to be put into an answer as it is. */
  identitiesJson(
    person: Person,
    entryIds: readonly number[],
    reason?: string,
    requestId?: string,
  ): Promise<string>
  /** How people sign in here. */
  readonly ways: { readonly sample: boolean; readonly provider: boolean }
  samplePeople(): Promise<SamplePerson[]>
  /** @throws Refusal `not-signed-in` unless `personId` is a sample sign-in */
  signInAsSample(personId: string, request: Asking): Promise<{ person: Person; token: string }>
  /** Where the provider asks who they are, and what binds its answer to this browser. @throws Refusal `unavailable` */
  beginSignIn(): Promise<{ readonly url: string; readonly browser: string }>
  /** @throws Refusal `not-signed-in`; `not-yours` for whom our table of people does not name; `unavailable` */
  finishSignIn(request: Asking, query: URLSearchParams): Promise<{ person: Person; token: string }>
  /**
   * Ends the request's session, if it has one, or all sessions of its person.
   * @returns where the browser goes to sign out at the provider; null where there is nothing to sign out of
   */
  signOut(request: Asking, options?: { readonly everywhere?: boolean }): Promise<string | null>
  /** The provider says that somebody signed out there. @throws Refusal `bad-request`, `not-found`, `unavailable` */
  signedOutAtProvider(logoutToken: string): Promise<void>
  /** Ends all sessions of a person, in the transaction of why. */
  endSessionsOf(tx: TransactionSql, personId: string): Promise<number>
  /** All that is held on a person; not audited here. */
  subjectAccess(nhsNumber: string): Promise<SubjectAccess>
  /** @throws Refusal `not-found`, `conflict` while a pathway is open */
  eraseSubject(
    nhsNumber: string,
    event: Omit<AuditEvent, 'subject'> & { readonly reason: string },
  ): Promise<ErasureCertificate>
  /** @throws Refusal `not-found`, `conflict` */
  liftErasure(
    id: string,
    event: Omit<AuditEvent, 'subject'> & { readonly reason: string },
  ): Promise<void>
  /** Which of a trust's records were erased and stay away, by key: their certificate. null: none. [IG-14] */
  erasedOf(
    tx: TransactionSql,
    trust: string,
  ): Promise<((localId: string) => string | undefined) | null>
  /** A trust's record key as a keyed hash. */
  readonly recordHash: RecordHash
  readonly breakGlassMinutes: number
  close(): Promise<void>
}
