import type { Database } from '../../../db/client.ts'
import { Refusal } from '../../../shared/problem.ts'

/** Slows down whoever fails again and again. */
export interface BackOff {
  /** One more failure from `source`. @returns what to answer: the refusal itself, or 429 once there were too many */
  failed(source: string, refusal: Refusal): Promise<Refusal>
}

const FREE_FAILURES = 20
const FORGET_AFTER_MS = 5 * 60_000
const LONGEST_WAIT_SECONDS = 60
const SYSTEM = { kind: 'system', name: 'access' } as const

/**
 * Counts failures by where they come from, and asks for ever longer waits: 1, 2, 4 ... 60 seconds. Counted in the
 * database, by all processes together: whoever is sent from one to the next gets no more tries. [IG-15]
 *
 * Only what fails is slowed: a whole hospital comes through one address, and one broken integration there must not
 * lock its colleagues out. What is guessed at has 256 random bits, so slowness protects the load, not the secret.
 */
export function openBackOff(db: Database, now: () => number): BackOff {
  return {
    async failed(source, refusal) {
      const at = new Date(now()).toISOString()
      const forgottenBefore = new Date(now() - FORGET_AFTER_MS).toISOString()
      const [counted] = await db.scoped(SYSTEM, async (tx) => {
        await tx`
          delete from back_off where source in
            (select source from back_off where last_at < ${forgottenBefore} for update skip locked)
        `
        return tx<{ failures: number }[]>`
          insert into back_off (source, failures, last_at) values (${source}, 1, ${at})
          on conflict (source) do update set failures = back_off.failures + 1, last_at = ${at}
          returning failures
        `
      })
      const failures = counted?.failures ?? 1
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
