import type { Opening } from '../../../../shared/governance.ts'
import { useFetched } from '../wire/fetched.ts'
import type { Fetched } from '../wire/fetched.ts'
import { useNow } from '../hooks/ticking.ts'

const TICK_MS = 15_000
/** Openings are read again this often: another of the same person, or a review that ends one. */
const AGAIN_MS = 60_000

export interface Openings extends Fetched<{ readonly openings: readonly Opening[] }> {
  readonly nowMs: number
  readonly all: readonly Opening[]
}

/** Identities opened by breaking the glass: the reader's own, or for the auditor everybody's. [IG-5] */
export function useOpenings(): Openings {
  const nowMs = useNow(TICK_MS)
  const fetched = useFetched<{ openings: Opening[] }>(
    '/api/break-glass',
    Math.floor(nowMs / AGAIN_MS),
  )
  return { ...fetched, nowMs, all: fetched.data?.openings ?? [] }
}

export function isRunning(opening: Opening, nowMs: number): boolean {
  return Date.parse(opening.endsAt) > nowMs
}

/** `48 minutes left`. */
export function leftWords(opening: Opening, nowMs: number): string {
  const minutes = Math.ceil((Date.parse(opening.endsAt) - nowMs) / 60_000)
  return minutes === 1 ? '1 minute left' : `${minutes} minutes left`
}
