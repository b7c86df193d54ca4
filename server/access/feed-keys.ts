import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Database } from '../../db/client.ts'
import { Refusal } from '../../shared/problem.ts'

/** What a trust's integration may do with a key. */
export const FEED_SCOPES = [
  'delivery:write',
  'delivery:read',
  'capacity:write',
  'capacity:read',
  'suggestion:read',
] as const
export type FeedScope = (typeof FEED_SCOPES)[number]

export interface FeedKey {
  readonly id: string
  readonly organisation: string
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

/**
 * Makes a feed key: `ptl_<id>_<secret>`, told once and kept as a hash. A plain SHA-256 is right for 256 random bits,
 * where a slow hash would only slow the deliveries.
 * @param options.sampleSeed a key anybody can work out from this text, the same each time: sample database only, and
 *   only with `sample: true`
 */
export async function createFeedKey(
  db: Database,
  options: {
    readonly organisation: string
    readonly label: string
    readonly scopes?: readonly FeedScope[]
    readonly sandbox?: boolean
    readonly sample?: boolean
    readonly sampleSeed?: string
  },
): Promise<{ readonly id: string; readonly key: string }> {
  const { organisation, label, sampleSeed } = options
  const sample = options.sample ?? false
  if (sampleSeed !== undefined && !sample) throw new Error('a sampleSeed wants sample: true')
  const id = sampleSeed === undefined ? randomUUID() : uuidFrom(derive('id', sampleSeed))
  const secret = sampleSeed === undefined ? randomBytes(SECRET_BYTES) : derive('secret', sampleSeed)
  const key = `ptl_${id.replaceAll('-', '')}_${secret.toString('base64url')}`
  await db.scoped(
    SYSTEM,
    (tx) => tx`
      insert into feed_key (id, organisation, label, key_hash, scopes, sandbox, sample)
      values (${id}, ${organisation}, ${label}, ${hashOf(key)}, ${[...(options.scopes ?? FEED_SCOPES)]},
        ${options.sandbox ?? false}, ${sample})
      on conflict (id) do nothing
    `,
  )
  return { id, key }
}

/**
 * The key in an `Authorization: Bearer` header, if it may do this for this trust.
 * @throws Refusal `unknown-key` without a good key, in the same words whatever is wrong with it; `not-yours` when it
 *   belongs to another trust or lacks the scope
 */
export async function feedKeyFrom(
  db: Database,
  authorization: string | undefined,
  wanted: { readonly trust: string; readonly scope: FeedScope; readonly at: string },
): Promise<FeedKey> {
  const key = BEARER.exec(authorization ?? '')?.[1] ?? ''
  const id = KEY.exec(key)?.[1]
  const found = id === undefined ? undefined : await findKey(db, uuidOf(id), wanted.at)
  const same = timingSafeEqual(hashOf(key), found?.keyHash ?? NO_HASH)
  if (found === undefined || !same) {
    throw new Refusal(
      'unknown-key',
      'No feed key of ours, or it has ended. Send Authorization: Bearer ptl_<id>_<secret>.',
    )
  }
  if (found.organisation !== wanted.trust) {
    throw new Refusal('not-yours', 'This feed key belongs to another trust.')
  }
  if (!found.scopes.includes(wanted.scope)) {
    throw new Refusal('not-yours', `This feed key may not do ${wanted.scope}.`)
  }
  const { id: keyId, organisation, label, scopes, sandbox } = found
  return { id: keyId, organisation, label, scopes, sandbox }
}

async function findKey(
  db: Database,
  id: string,
  at: string,
): Promise<(FeedKey & { readonly keyHash: Buffer }) | undefined> {
  const [row] = await db.scoped(
    SYSTEM,
    (tx) => tx<(FeedKey & { keyHash: Buffer })[]>`
      select id, organisation, label, scopes, sandbox, key_hash as "keyHash" from feed_key
      where id = ${id} and revoked_at is null and (expires_at is null or expires_at > ${at})
    `,
  )
  return row
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
