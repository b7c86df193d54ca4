import { Refusal } from '../../../shared/problem.ts'

/** How far ahead a trust's clock may be. Further, and every later delivery would count as late. */
export const CLOCK_AHEAD_MS = 3_600_000

/**
 * The trust's own time of the extract, in milliseconds UTC, so that it compares as text. [FEED-13]
 * @param said ISO 8601 with a time; absent: the time of receipt
 * @throws Refusal `bad-request` for what is no instant or lies ahead
 */
export function extractTime(said: string | undefined, receivedAt: string): string {
  if (said === undefined) return receivedAt
  const atMs = Date.parse(said)
  if (Number.isNaN(atMs) || !/^\d{4}-\d{2}-\d{2}T/.test(said)) {
    throw new Refusal('bad-request', 'extractAt is no instant such as 2026-11-22T06:00:00Z.')
  }
  if (atMs > Date.parse(receivedAt) + CLOCK_AHEAD_MS) {
    throw new Refusal(
      'bad-request',
      'extractAt lies in the future. Check the clock and the time zone.',
    )
  }
  return new Date(atMs).toISOString()
}
