import { Refusal } from '../../../shared/problem.ts'

/** Fifty a second: a busy hospital's messages and room to catch up, and an end to a client that has gone astray. */
const REQUESTS_A_MINUTE = 3_000
const MINUTE_MS = 60_000
const SECOND_MS = 1_000

/**
 * Counts requests key by key. Each has a minute's worth in hand, which comes back evenly: whoever is over it waits for a
 * second's worth and not for the minute to end, longer than a sender of HL7 waits for its answer. In memory, so each
 * process counts for itself. [FEED-49]
 */
export interface KeyRate {
  /** @throws Refusal `too-many` with `retryAfterSeconds` */
  count(keyId: string, nowMs: number): void
}

export function openKeyRate(limit = REQUESTS_A_MINUTE): KeyRate {
  /** What each key has in hand, and when that was so; one with all of it is forgotten. */
  let inHand = new Map<string, { readonly requests: number; readonly atMs: number }>()
  let sweptMs = 0
  return {
    count(keyId, nowMs) {
      if (Math.abs(nowMs - sweptMs) >= MINUTE_MS) {
        inHand = new Map([...inHand].filter(([, { atMs }]) => nowMs - atMs < MINUTE_MS))
        sweptMs = nowMs
      }
      const before = inHand.get(keyId) ?? { requests: limit, atMs: nowMs }
      const comeBack = (Math.max(0, nowMs - before.atMs) * limit) / MINUTE_MS
      const requests = Math.min(limit, before.requests + comeBack)
      if (requests >= 1) {
        inHand.set(keyId, { requests: requests - 1, atMs: nowMs })
        return
      }
      inHand.set(keyId, { requests, atMs: nowMs })
      const untilOneMs = ((1 - requests) * MINUTE_MS) / limit
      const retryAfterSeconds = Math.max(1, Math.ceil(untilOneMs / SECOND_MS))
      throw new Refusal(
        'too-many',
        `This feed key has made ${limit} requests in a minute. Wait ${retryAfterSeconds} s; send more rows in a delivery.`,
        { retryAfterSeconds },
      )
    },
  }
}
