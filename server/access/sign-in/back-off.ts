import { Refusal } from '../../../shared/problem.ts'

/** Slows down whoever fails again and again. */
export interface BackOff {
  /** One more failure from `source`. @returns what to answer: the refusal itself, or 429 once there were too many */
  failed(source: string, refusal: Refusal): Refusal
}

const FREE_FAILURES = 20
const FORGET_AFTER_MS = 5 * 60_000
const LONGEST_WAIT_SECONDS = 60
const SOURCES_KEPT = 10_000

/**
 * Counts failures by where they come from, and asks for ever longer waits: 1, 2, 4 ... 60 seconds.
 *
 * Only what fails is slowed: a whole hospital comes through one address, and one broken integration there must not
 * lock its colleagues out. What is guessed at has 256 random bits, so slowness protects the load, not the secret.
 */
export function openBackOff(now: () => number): BackOff {
  const bySource = new Map<string, { failures: number; lastMs: number }>()
  return {
    failed(source, refusal) {
      const before = bySource.get(source)
      const isFresh = before === undefined || now() - before.lastMs > FORGET_AFTER_MS
      const failures = isFresh ? 1 : before.failures + 1
      bySource.delete(source)
      bySource.set(source, { failures, lastMs: now() })
      const oldest = bySource.size > SOURCES_KEPT ? bySource.keys().next().value : undefined
      if (oldest !== undefined) bySource.delete(oldest)
      if (failures <= FREE_FAILURES) return refusal
      const seconds = Math.min(2 ** (failures - FREE_FAILURES - 1), LONGEST_WAIT_SECONDS)
      return new Refusal(
        'too-many',
        `Refused ${String(failures)} times in a row from here. Wait ${String(seconds)} s before the next attempt.`,
        { retryAfterSeconds: seconds },
      )
    },
  }
}
