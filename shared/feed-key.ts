import { z } from 'zod'
import { odsOrganisation } from './vocabulary.ts'

/** What a trust's integration may do with a key. */
export const FEED_SCOPES = ['delivery:write', 'delivery:read', 'capacity:write'] as const
export const feedScope = z.enum(FEED_SCOPES)
export type FeedScope = z.infer<typeof feedScope>

/** Of what a stored key says, what means something: older keys name scopes that never opened an address. */
export function knownScopes(stored: readonly string[]): FeedScope[] {
  return FEED_SCOPES.filter((scope) => stored.includes(scope))
}

/** The feed of a key that names none. */
export const DEFAULT_FEED = 'main'
/** A trust's own short name for one of its feeds: `ptl`, `pas`, `somerset-hourly`. */
export const feedName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,29}$/, 'wants 1 to 30 small letters, digits or hyphens')

const instant = z.iso.datetime()
/** Keys of the sample have ids worked out from their names, which are of no version of uuid. */
const keyId = z.guid()

/** A key as its administrator sees it; the secret was told once and is kept nowhere. */
export const feedKeyLine = z.object({
  id: keyId,
  feed: z.string(),
  label: z.string(),
  scopes: z.array(feedScope),
  sandbox: z.boolean(),
  /** `later`: its first day is to come. */
  state: z.enum(['active', 'later', 'ended', 'revoked']),
  createdAt: instant,
  /** Null: made with the service. */
  madeBy: z.string().nullable(),
  /** Null: from its making. */
  validFrom: instant.nullable(),
  /** Null: without end. */
  endsAt: instant.nullable(),
  revokedAt: instant.nullable(),
  replacedBy: keyId.nullable(),
  /** To the minute. */
  lastUsedAt: instant.nullable(),
})
export type FeedKeyLine = z.infer<typeof feedKeyLine>

export const newFeedKey = z.strictObject({
  feed: feedName.default(DEFAULT_FEED),
  label: z.string().trim().min(1).max(80),
  scopes: z
    .array(feedScope)
    .min(1)
    .max(FEED_SCOPES.length)
    .default([...FEED_SCOPES]),
  sandbox: z.boolean().default(false),
  validFrom: instant.optional(),
  endsAt: instant.optional(),
})
export type NewFeedKeyBody = z.infer<typeof newFeedKey>

/** Longest that an old key stays good beside the new one. */
export const LONGEST_OVERLAP_HOURS = 30 * 24
export const rotation = z.strictObject({
  overlapHours: z.number().min(0).max(LONGEST_OVERLAP_HOURS).default(72),
})

/** Answer of making or rotating: the one time the key itself is told. */
export const madeFeedKey = z.object({
  id: keyId,
  /** `ptl_<id>_<secret>`: keep it now, it cannot be shown again. */
  key: z.string(),
  /** When the key it replaces ends; null when it replaces none. */
  oldEndsAt: instant.nullable(),
})

/** Answer of `GET /api/feed-key`: what the key that asks is. */
export const ownFeedKey = z.object({
  id: keyId,
  trust: odsOrganisation,
  feed: z.string(),
  label: z.string(),
  scopes: z.array(feedScope),
  sandbox: z.boolean(),
  /** Codes of the trust's sites that are open, for whoever writes test files. */
  sites: z.array(z.string()),
})
