import type { Step } from '../../../../shared/vocabulary.ts'
import { reopenStep, freeProblem, type Charge, type StepPlan } from '../step-plan.ts'
import { quantise, toPoints } from '../transport.ts'
import { solveCapped, type CapState } from './capped.ts'
import { importsNow, type CapLedger, type CapSide } from './ledger.ts'
import { capSide, type ImportCap } from './parts.ts'
import type { Priced } from './savings.ts'
import { settleCaps } from './settle.ts'

/** What the prices of caps may move, in units, before a step that nothing else touched is described anew. */
const WORTH_TELLING = 256

/** The import caps over the steps of a kept plan. */
export interface KeptCaps {
  /** What an import into a trust costs more now. */
  readonly charge: Charge
  /** Brings the steps within the caps. @returns also the steps that are no more as they were described */
  readonly settle: (
    plans: ReadonlyMap<Step, StepPlan>,
    touched: Iterable<Step>,
    limits: readonly ImportCap[],
  ) => { readonly caps: readonly CapState[]; readonly gap: number; readonly stale: Set<Step> }
  /** A step, for what its slots save; undefined where there are no caps. */
  readonly priced: (step: Step, plan: StepPlan) => Priced | undefined
}

/**
 * The prices stay from one change to the next: they are near the right ones. After a change the plan is often the best
 * as it stands, and its prices prove it; where not, only those are looked at again for whom it is a near thing. Where no
 * cap binds the prices are 0 and the plan is the one without caps. [MOV-52]
 */
export function openKeptCaps(caps: readonly ImportCap[]): KeptCaps {
  const sides = new Map<Step, CapSide>()
  const described = new Map<Step, readonly number[]>()
  const ledger: CapLedger = { caps, price: caps.map(() => 0), sides: [] }
  const capOfTrust = new Map(caps.map(({ trust }, cap) => [trust, cap]))
  let isOpen = false
  /** Points the answer is away from the optimum at most; above 0 only where a search was broken off. */
  let gap = 0

  return {
    charge: (trust) => ledger.price[capOfTrust.get(trust) ?? -1] ?? 0,
    settle(plans, touched, limits) {
      const stale = new Set(touched)
      if (caps.length === 0) return { caps: [], gap: 0, stale }
      for (const step of stale) {
        const plan = plans.get(step)
        if (plan !== undefined) sides.set(step, sideOf(plan, caps))
      }
      ledger.caps = limits
      ledger.sides = [...sides.values()]
      for (const side of ledger.sides) side.moved = false
      const near = settleCaps(ledger, isOpen)
      if (near === null) {
        const cold = solveAnew(plans, limits)
        cold.caps.forEach(({ points }, cap) => (ledger.price[cap] = quantise(points)))
        for (const [step, plan] of plans) sides.set(step, sideOf(plan, caps))
        ledger.sides = [...sides.values()]
        for (const side of ledger.sides) side.moved = true
        gap = cold.gap
        isOpen = true
      } else gap = near
      for (const [step, side] of sides) {
        const then = described.get(step)
        const isFar = ledger.price.some(
          (units, cap) => Math.abs(units - (then?.[cap] ?? 0)) > WORTH_TELLING,
        )
        if (side.moved || isFar) stale.add(step)
        if (stale.has(step)) described.set(step, [...ledger.price])
      }
      const used = importsNow(ledger)
      const states = limits.map((one, cap) => ({
        ...one,
        used: used[cap] ?? 0,
        points: toPoints(ledger.price[cap] ?? 0),
      }))
      return { caps: states, gap, stale }
    },
    priced(step, { book, rowOf, bucketOf }) {
      const side = sides.get(step)
      if (side === undefined) return undefined
      return {
        ledger,
        side,
        rows: book.patients.map(({ id }) => rowOf.get(id) ?? -1),
        buckets: book.slots.map(({ id }) => bucketOf.get(id) ?? -1),
      }
    },
  }
}

/** Within the caps from nothing, and every step put there. */
function solveAnew(
  plans: ReadonlyMap<Step, StepPlan>,
  limits: readonly ImportCap[],
): ReturnType<typeof solveCapped> {
  const steps = [...plans.values()]
  const cold = solveCapped(
    steps.map((plan) => ({ book: plan.book, problem: freeProblem(plan) })),
    limits,
  )
  cold.parts.forEach(({ problem, best, eased }, index) => {
    const plan = steps[index]
    if (plan !== undefined) reopenStep(plan, problem, best, eased)
  })
  return cold
}

function sideOf(plan: StepPlan, caps: readonly ImportCap[]): CapSide {
  const { book, warm, rowOf, bucketOf, eased } = plan
  return capSide(
    warm,
    caps,
    book.slots.map((slot) => [bucketOf.get(slot.id) ?? -1, slot.trust] as const),
    book.patients.map((patient) => [rowOf.get(patient.id) ?? -1, patient.trust] as const),
    eased,
  )
}
