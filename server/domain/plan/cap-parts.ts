import type { Book } from './book.ts'
import type { ShownSuggestion } from './model.ts'
import { STAY, toPoints } from './transport.ts'
import type { TransportProblem, TransportSolution } from './transport.ts'

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

/** Set against an import that may not be: more than anybody can save, and within the solver's range. */
const BARRED_POINTS = 2 ** 20

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

/** A part solved at some prices of the caps. */
export interface Answer {
  readonly problem: TransportProblem
  readonly best: TransportSolution
  readonly used: readonly number[]
}

/** For each arc the cap it counts towards; -1 for none. */
export function capOfArcs({ book, problem }: CapPart, caps: readonly ImportCap[]): Int32Array {
  const capOfSlot = book.slots.map((slot) => caps.findIndex(({ trust }) => trust === slot.trust))
  const capOf = new Int32Array(problem.arcBucket.length).fill(-1)
  book.patients.forEach((patient, row) => {
    const end = problem.patientStart[row + 1] as number
    for (let arc = problem.patientStart[row] as number; arc < end; arc++) {
      const bucket = problem.arcBucket[arc] as number
      if (book.slots[bucket]?.trust !== patient.trust) capOf[arc] = capOfSlot[bucket] ?? -1
    }
  })
  return capOf
}

export function priced(
  { problem, capOf }: CapPart & { readonly capOf: Int32Array },
  price: readonly number[],
  rules: {
    readonly eased: readonly number[]
    readonly less: readonly number[]
    readonly barred: readonly ReadonlySet<number>[]
  },
): TransportProblem {
  const { patientStart } = problem
  const arcCost = problem.arcCost.slice()
  for (let row = 0; row < patientStart.length - 1; row++) {
    const end = patientStart[row + 1] as number
    for (let arc = patientStart[row] as number; arc < end; arc++) {
      const cap = capOf[arc] as number
      if (cap < 0) continue
      const discount = row < (rules.eased[cap] ?? 0) ? (rules.less[cap] ?? 0) : 0
      const bar = rules.barred[cap]?.has(row) === true ? BARRED_POINTS : 0
      arcCost[arc] = (arcCost[arc] as number) + toPoints((price[cap] ?? 0) - discount) + bar
    }
  }
  return { ...problem, arcCost }
}

/** Who is imported under a cap, and what their next best place costs them more, prices paid. */
export function importsOf(
  { problem, capOf }: CapPart & { readonly capOf: Int32Array },
  { problem: asked, best }: Answer,
  cap: number,
): { row: number; regret: number }[] {
  const { patientStart, arcBucket, stayCost } = problem
  const full = (arc: number): number =>
    (asked.arcCost[arc] as number) + (best.price[arcBucket[arc] as number] as number)
  return [...best.chosenArc].flatMap((taken, row) => {
    if (taken === STAY || capOf[taken] !== cap) return []
    let next = stayCost[row] as number
    const end = patientStart[row + 1] as number
    for (let arc = patientStart[row] as number; arc < end; arc++) {
      if (capOf[arc] !== cap) next = Math.min(next, full(arc))
    }
    return [{ row, regret: next - full(taken) }]
  })
}
