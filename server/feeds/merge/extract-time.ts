import { isIsoDate } from '../../../shared/date.ts'
import { Refusal } from '../../../shared/problem.ts'

/** How far ahead a trust's clock may be. Further, and every later delivery would count as late. */
export const CLOCK_AHEAD_MS = 3_600_000

/**
 * The trust's own time of the extract, in milliseconds UTC, so that it compares as text. [FEED-13]
 * @param said ISO 8601 with a time and its zone; absent: the time of receipt
 * @throws Refusal `bad-request` for what is no instant, is two of them in the night the clocks go back, or lies ahead
 */
export function extractTime(said: string | undefined, receivedAt: string): string {
  if (said === undefined) return receivedAt
  const atMs = Date.parse(said)
  const parts = INSTANT.exec(said)
  // Date.parse makes the 30th of February the 2nd of March.
  if (Number.isNaN(atMs) || !isIsoDate(parts?.[1] ?? '')) {
    throw new Refusal('bad-request', 'extractAt is no instant such as 2026-11-22T06:00:00Z.')
  }
  if (parts?.[2] === undefined) {
    throw new Refusal(
      'bad-request',
      'extractAt does not say its zone. End it in Z or an offset such as +01:00 (a + in an address is written %2B).',
    )
  }
  if (atMs > Date.parse(receivedAt) + CLOCK_AHEAD_MS) {
    throw new Refusal(
      'bad-request',
      'extractAt lies in the future. Check the clock and the time zone.',
    )
  }
  return new Date(atMs).toISOString()
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?/i
