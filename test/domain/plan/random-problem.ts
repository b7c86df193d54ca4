import type { TransportProblem } from '../../../server/domain/plan/transport.ts'

/** Seeded numbers in [0, 1): mulberry32. The same seed gives the same problems everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Row {
  readonly stay: number
  readonly choices: readonly { readonly bucket: number; readonly points: number }[]
}

export function problemOf(rows: readonly Row[], capacity: readonly number[]): TransportProblem {
  const choices = rows.flatMap((row) => row.choices)
  let end = 0
  return {
    patientStart: Int32Array.from([0, ...rows.map((row) => (end += row.choices.length))]),
    arcBucket: Int32Array.from(choices, (choice) => choice.bucket),
    arcCost: Float64Array.from(choices, (choice) => choice.points),
    stayCost: Float64Array.from(rows, (row) => row.stay),
    capacity: Int32Array.from(capacity),
  }
}

/** The kinds that break solvers: ties everywhere, no slots, nobody eligible, more slots than patients, fractions. */
export const KINDS = [
  'spread',
  'ties',
  'all equal',
  'no capacity',
  'nobody eligible',
  'slots to spare',
  'one slot',
  'fractions',
  'negative',
] as const
export type Kind = (typeof KINDS)[number]

export function randomRow(random: () => number, kind: Kind, buckets: number): Row {
  const whole = (limit: number): number => Math.floor(random() * limit)
  const points = (): number => {
    if (kind === 'ties') return whole(3)
    if (kind === 'all equal') return 5
    if (kind === 'fractions') return whole(4000) / 64
    return kind === 'negative' ? whole(40) - 20 : whole(100)
  }
  const choiceCount = kind === 'nobody eligible' ? 0 : whole(6)
  return {
    stay: kind === 'all equal' ? 6 : points(),
    choices: Array.from({ length: choiceCount }, () => ({
      bucket: whole(buckets),
      points: points(),
    })),
  }
}

export function randomProblem(random: () => number, kind: Kind, largest: number): TransportProblem {
  const whole = (limit: number): number => Math.floor(random() * limit)
  const buckets = 1 + whole(8)
  const slots = { 'no capacity': 1, 'slots to spare': 40, 'one slot': 2 }[kind as string] ?? 5
  const rows = Array.from({ length: whole(largest) }, () => randomRow(random, kind, buckets))
  return problemOf(
    rows,
    Array.from({ length: buckets }, () => whole(slots)),
  )
}

/**
 * Patients with 5 to 20 choices among sites, weeks and steps; `tight` is slots per patient. Steps do not compete, so
 * there are at least as many components as steps.
 */
export function allianceProblem(options: {
  readonly patients: number
  readonly buckets: number
  readonly tight: number
  readonly steps: number
  readonly seed: number
}): TransportProblem {
  const random = seeded(options.seed)
  const whole = (limit: number): number => Math.floor(random() * limit)
  const weeks = 8
  const sites = Math.max(1, Math.floor(options.buckets / weeks / options.steps))
  const rows = Array.from({ length: options.patients }, (): Row => {
    const step = whole(options.steps)
    const home = whole(sites)
    const dueDay = whole(60) - 10
    const weight = 1 + whole(4)
    const travel = Array.from({ length: sites }, () => whole(300) / 64)
    const seen = new Set<number>()
    for (let choice = 5 + whole(16); choice > 0; choice--) {
      const site = (home + whole(Math.min(sites, 6))) % sites
      seen.add((step * sites + site) * weeks + whole(weeks))
    }
    const choices = [...seen].map((bucket) => {
      const site = Math.floor(bucket / weeks) % sites
      const late = weight * Math.max(0, (bucket % weeks) * 7 - dueDay)
      return { bucket, points: site === home ? late : late + 2 + (travel[site] ?? 0) }
    })
    return { stay: weight * Math.max(0, 70 - dueDay) + 20, choices }
  })
  const slots = Array.from({ length: options.steps * sites * weeks }, () =>
    Math.floor(((2 * options.patients * options.tight) / options.buckets) * random() + 0.5),
  )
  return problemOf(rows, slots)
}
