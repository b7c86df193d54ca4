import type { Case, Forest } from './forest.ts'

/**
 * Prices of caps and buckets, in units and exact fractions of them. By weak duality any prices >= 0 prove a bound, at any
 * costs; these do at costs in which an import of a patient under a cap is so much dearer, which the search had to begin
 * with.
 */
export interface Duals {
  readonly price: readonly number[]
  readonly buckets: Float64Array
  readonly dearer: (patient: number, cap: number) => number
}

/**
 * What a search tells on its way, enough to check without solving anything that it left no better plan out. [MOV-16,
 * MOV-52] In order: each `narrowed` leaves out the choices that its prices prove no better plan has, and settles who
 * has one choice left; then the leaves, which between them are all that is left, each with prices that prove nothing
 * better lies in it (or not, where the search was broken off).
 */
export type ProofStep =
  | ({ readonly kind: 'narrowed' } & Duals)
  | ({ readonly kind: 'leaf'; readonly cases: readonly Case[] } & Duals)

/** Prices as a search has them, fine, as a proof tells them. */
export function dualsOf(
  { scale, dearer }: Pick<Forest, 'scale' | 'dearer'>,
  { price, buckets }: { readonly price: readonly number[]; readonly buckets: Float64Array },
): Duals {
  return {
    price: price.map((fine) => fine / scale),
    buckets: buckets.map((fine) => fine / scale),
    dearer: (patient, cap) => dearer(patient, cap) / scale,
  }
}

/** Tells the steps of a search within a core in the numbers of the whole. Buckets and caps have the same. */
export function inWhole(
  told: (step: ProofStep) => void,
  patients: Int32Array,
): (step: ProofStep) => void {
  const rowOf = new Map(Array.from(patients, (patient, row) => [patient, row]))
  return (step) => {
    const dearer = (patient: number, cap: number): number => {
      const row = rowOf.get(patient)
      return row === undefined ? 0 : step.dearer(row, cap)
    }
    if (step.kind === 'narrowed') return told({ ...step, dearer })
    const cases = step.cases.map((one) => ({ ...one, patient: patients[one.patient] as number }))
    told({ ...step, dearer, cases })
  }
}
