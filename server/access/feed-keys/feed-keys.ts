import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Database, TransactionSql } from '../../../db/client.ts'
import { DEFAULT_FEED, FEED_SCOPES, knownScopes } from '../../../shared/feed-key.ts'
import type { FeedScope } from '../../../shared/feed-key.ts'
import { Refusal } from '../../../shared/problem.ts'

export type { FeedScope } from '../../../shared/feed-key.ts'

export interface FeedKey {
  readonly id: string
  readonly organisation: string
  /** Which of the trust's feeds it is for, such as `ptl` or `pas`. */
  readonly feed: string
  readonly label: string
  readonly scopes: readonly FeedScope[]
  readonly sandbox: boolean
}

const SECRET_BYTES = 32
const KEY = /^ptl_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/
const BEARER = /^Bearer +(\S+) *$/i
const SYSTEM = { kind: 'system', name: 'access' } as const
/** Compared with when there is no such key, so that the answer takes as long. */
const NO_HASH = createHash('sha256').update(randomBytes(SECRET_BYTES)).digest()

export interface NewFeedKey {
  readonly organisation: string
  readonly label: string
  readonly feed?: string
  readonly scopes?: readonly FeedScope[]
  readonly sandbox?: boolean
  /** Instants; absent: from now, without end. */
  readonly validFrom?: string | undefined
  readonly endsAt?: string | undefined
  readonly madeBy?: string
  readonly sample?: boolean
  readonly sampleSeed?: string
}

/**
 * Makes a feed key: `ptl_<id>_<secret>`, told once and kept as a hash. A plain SHA-256 is right for 256 random bits,
 * where a slow hash would only slow the deliveries.
 * @param options.sampleSeed a key anybody can work out from this text, the same each time: sample database only, and
 *   only with `sample: true`
 */
export async function createFeedKey(db: Database, options: NewFeedKey): Promise<MadeKey> {
  return db.scoped(SYSTEM, (tx) => insertFeedKey(tx, options))
}

/** A key just made: the only time its secret is there to be told. */
export interface MadeKey {
  readonly id: string
  readonly key: string
}

/** The same in the transaction of whoever makes it. */
export async function insertFeedKey(tx: TransactionSql, options: NewFeedKey): Promise<MadeKey> {
  const { organisation, label, sampleSeed } = options
  const sample = options.sample ?? false
  if (sampleSeed !== undefined && !sample) throw new Error('a sampleSeed wants sample: true')
  const id = sampleSeed === undefined ? randomUUID() : uuidFrom(derive('id', sampleSeed))
  const secret = sampleSeed === undefined ? randomBytes(SECRET_BYTES) : derive('secret', sampleSeed)
  const key = `ptl_${id.replaceAll('-', '')}_${secret.toString('base64url')}`
  await tx`
    insert into feed_key (id, organisation, feed, label, key_hash, scopes, sandbox, sample, valid_from, expires_at,
      made_by)
    values (${id}, ${organisation}, ${options.feed ?? DEFAULT_FEED}, ${label}, ${hashOf(key)},
      ${[...(options.scopes ?? FEED_SCOPES)]}, ${options.sandbox ?? false}, ${sample}, ${options.validFrom ?? null},
      ${options.endsAt ?? null}, ${options.madeBy ?? null})
    on conflict (id) do nothing`
  return { id, key }
}

/**
 * The key in an `Authorization: Bearer` header.
 * @throws Refusal `unknown-key` without a good key, in the same words whatever is wrong with it
 */
export async function feedKeyFrom(
  db: Database,
  authorization: string | undefined,
  when: {
    readonly at: string
    /** Whether keys anybody can work out are good: only with the sample database. [IG-4] */
    readonly sample: boolean
  },
): Promise<FeedKey> {
  const key = BEARER.exec(authorization ?? '')?.[1] ?? ''
  const id = KEY.exec(key)?.[1]
  const found = id === undefined ? undefined : await findKey(db, uuidOf(id), when)
  // In constant time, and against something when there is no such key.
  const same = timingSafeEqual(hashOf(key), found?.keyHash ?? NO_HASH)
  if (found === undefined || !same) {
    throw new Refusal(
      'unknown-key',
      'No feed key of ours, or one that is not good now: it has ended, was revoked, or is yet to begin. ' +
        'Send Authorization: Bearer ptl_<id>_<secret>.',
    )
  }
  if (found.isUseNew) await noteUse(db, found.id, when.at)
  const { id: keyId, organisation, feed, label, scopes, sandbox } = found
  return { id: keyId, organisation, feed, label, scopes: knownScopes(scopes), sandbox }
}

/** @throws Refusal `not-yours` when the key belongs to another trust or lacks the scope */
export function requireKey(key: FeedKey, trust: string, scope: FeedScope): void {
  if (key.organisation !== trust) {
    throw new Refusal(
      'not-yours',
      `This feed key belongs to another trust: it is of ${key.organisation}.`,
    )
  }
  if (!key.scopes.includes(scope)) {
    throw new Refusal('not-yours', `This feed key may not do ${scope}.`)
  }
}

type FoundKey = FeedKey & { readonly keyHash: Buffer; readonly isUseNew: boolean }

async function findKey(
  db: Database,
  id: string,
  { at, sample }: { readonly at: string; readonly sample: boolean },
): Promise<FoundKey | undefined> {
  const [row] = await db.read(
    SYSTEM,
    (one) => one<FoundKey[]>`
      select id, organisation, feed, label, scopes, sandbox, key_hash as "keyHash",
        coalesce(last_used_at < ${at}::timestamptz - interval '1 minute', true) as "isUseNew"
      from feed_key
      where id = ${id} and revoked_at is null and (valid_from is null or valid_from <= ${at})
        and (expires_at is null or expires_at > ${at})
        and (${sample} or not feed_key.sample)`,
  )
  return row
}

async function noteUse(db: Database, id: string, at: string): Promise<void> {
  await db.scoped(SYSTEM, (tx) => tx`update feed_key set last_used_at = ${at} where id = ${id}`)
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

function derive(what: string, seed: string): Buffer {
  return createHash('sha256').update(`ptl sample feed key ${what} ${seed}`).digest()
}

function uuidFrom(bytes: Buffer): string {
  return uuidOf(bytes.toString('hex').slice(0, 32))
}

function uuidOf(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
