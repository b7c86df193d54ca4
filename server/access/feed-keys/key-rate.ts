import { Refusal } from '../../../shared/problem.ts'

/** Fifty a second: a busy hospital's messages and room to catch up, and an end to a client that has gone astray. */
const REQUESTS_A_MINUTE = 3_000
const MINUTE_MS = 60_000

/** Counts requests key by key in whole minutes. In memory, so each process counts for itself. */
export interface KeyRate {
  /** @throws Refusal `too-many` with `retryAfterSeconds` */
  count(keyId: string, nowMs: number): void
}

export function openKeyRate(limit = REQUESTS_A_MINUTE): KeyRate {
  let counts = new Map<string, number>()
  let windowFrom = -MINUTE_MS
  return {
    count(keyId, nowMs) {
      if (nowMs - windowFrom >= MINUTE_MS || nowMs < windowFrom) {
        counts = new Map()
        windowFrom = nowMs
      }
      const made = (counts.get(keyId) ?? 0) + 1
      counts.set(keyId, made)
      if (made <= limit) return
      const retryAfterSeconds = Math.ceil((windowFrom + MINUTE_MS - nowMs) / 1_000)
      throw new Refusal(
        'too-many',
        `This feed key has made ${limit} requests in a minute. Wait ${retryAfterSeconds} seconds; send more rows in a delivery.`,
        { retryAfterSeconds },
      )
    },
  }
}
