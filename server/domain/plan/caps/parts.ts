import type { Book } from '../book.ts'
import type { ShownSuggestion } from '../model.ts'
import type { CapSide } from './ledger.ts'
import type { TransportProblem } from '../transport.ts'
import { NONE, type WarmState } from '../warm-state.ts'

/** The most imports of one trust. */
export interface ImportCap {
  readonly trust: string
  readonly imports: number
}

/** A part solved apart: a step, or the whole. */
export interface CapPart {
  readonly book: Book
  readonly problem: TransportProblem
}

/** What the caps leave for the plan: those who are coming already count. [MOV-52] */
export function capsLeft(
  caps: readonly ImportCap[],
  shown: Iterable<ShownSuggestion>,
  trustOf: (capacityId: number) => string | undefined,
): ImportCap[] {
  const coming = new Map<string | undefined, number>()
  if (caps.length > 0) {
    for (const { answered, capacityId } of shown) {
      const trust = trustOf(capacityId)
      if (answered) coming.set(trust, (coming.get(trust) ?? 0) + 1)
    }
  }
  return caps.map(({ trust, imports }) => ({
    trust,
    imports: Math.max(0, imports - (coming.get(trust) ?? 0)),
  }))
}

/** A part as the caps look at it: the trust of each of its buckets, and of each of its patients. */
export function capSide(
  warm: WarmState,
  caps: readonly ImportCap[],
  buckets: Iterable<readonly [bucket: number, trust: string]>,
  patients: Iterable<readonly [row: number, trust: string]>,
  eased: CapSide['eased'] = new Map(),
): CapSide {
  const capOfTrust = new Map(caps.map(({ trust }, cap) => [trust, cap]))
  const capOfBucket = new Int32Array(warm.capacity.length).fill(NONE)
  const ownCap = new Int32Array(warm.patientCount).fill(NONE)
  for (const [bucket, trust] of buckets) capOfBucket[bucket] = capOfTrust.get(trust) ?? NONE
  for (const [row, trust] of patients) ownCap[row] = capOfTrust.get(trust) ?? NONE
  return { warm, capOfBucket, ownCap, eased, moved: false }
}

/** For each arc the cap it counts towards; NONE for none. */
export function capOfArcs({ book, problem }: CapPart, caps: readonly ImportCap[]): Int32Array {
  const capOfSlot = book.slots.map((slot) => caps.findIndex(({ trust }) => trust === slot.trust))
  const capOf = new Int32Array(problem.arcBucket.length).fill(NONE)
  book.patients.forEach((patient, row) => {
    const end = problem.patientStart[row + 1] as number
    for (let arc = problem.patientStart[row] as number; arc < end; arc++) {
      const bucket = problem.arcBucket[arc] as number
      if (book.slots[bucket]?.trust !== patient.trust) capOf[arc] = capOfSlot[bucket] ?? NONE
    }
  })
  return capOf
}
