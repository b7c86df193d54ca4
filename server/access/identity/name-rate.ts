import { Refusal } from '../../../shared/problem.ts'

/** A busy day's scrolling is some hundreds an hour; whoever takes more takes the list. */
const NAMES_AN_HOUR = 5_000
const HOUR_MS = 3_600_000

/** Counts names given, person by person, in hours that begin with their first. In memory: each process for itself. */
export interface NameRate {
  /** @throws Refusal `too-many` with `retryAfterSeconds` when `count` more would be too many */
  count(personId: string, count: number): void
}

export function openNameRate(now: () => number, limit = NAMES_AN_HOUR): NameRate {
  const given = new Map<string, { fromMs: number; names: number }>()
  return {
    count(personId, count) {
      const before = given.get(personId)
      const isOver = before === undefined || now() - before.fromMs >= HOUR_MS
      const hour = isOver ? { fromMs: now(), names: 0 } : before
      const names = hour.names + count
      if (names > limit) {
        const retryAfterSeconds = Math.ceil((hour.fromMs + HOUR_MS - now()) / 1_000)
        throw new Refusal(
          'too-many',
          `${String(hour.names)} names were given to you within the hour; ${String(limit)} is the most. Work by pseudonym, or wait.`,
          { retryAfterSeconds },
        )
      }
      given.set(personId, { fromMs: hour.fromMs, names })
    },
  }
}
