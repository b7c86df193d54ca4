import type { Step } from '../../../shared/vocabulary.ts'
import type { CapLedger, CapSide } from './cap-ledger.ts'
import { capSide, type ImportCap } from './cap-parts.ts'
import { settleCaps } from './cap-prices.ts'
import { capStates, solveCapped, type CapState } from './capped.ts'
import { freeProblem, reopenStep, type Charge, type StepPlan } from './step-plan.ts'
import { quantise, toPoints } from './transport.ts'

/** What the prices of caps may move, in units, before a step that nothing else touched is described anew. */
const WORTH_TELLING = 256

/** Units by which the gap may have grown, and to twice what it was, before all is solved anew: fifty points. */
const WORSE = 50 * 1024

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
}

/**
 * The prices stay from one change to the next: they are near the right ones, so that a change costs only the searches
 * of those who move for it. Where no cap binds they are 0 and the plan is the one without caps. [MOV-52]
 */
export function openKeptCaps(caps: readonly ImportCap[]): KeptCaps {
  let coldGap = 0
  const sides = new Map<Step, CapSide>()
  const described = new Map<Step, readonly number[]>()
  const ledger: CapLedger = { caps, price: caps.map(() => 0), sides: [] }
  const capOfTrust = new Map(caps.map(({ trust }, cap) => [trust, cap]))

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
      let { used, gap } = settleCaps(ledger)
      if (gap > coldGap + Math.max(coldGap, WORSE)) {
        const cold = solveAnew(plans, limits)
        cold.caps.forEach(({ points }, cap) => (ledger.price[cap] = quantise(points)))
        for (const [step, plan] of plans) sides.set(step, sideOf(plan, caps))
        ledger.sides = [...sides.values()]
        for (const side of ledger.sides) side.moved = true
        coldGap = gap = quantise(cold.gap)
        used = cold.caps.map((cap) => cap.used)
      }
      for (const [step, side] of sides) {
        const then = described.get(step)
        const isFar = ledger.price.some(
          (units, cap) => Math.abs(units - (then?.[cap] ?? 0)) > WORTH_TELLING,
        )
        if (side.moved || isFar) stale.add(step)
        if (stale.has(step)) described.set(step, [...ledger.price])
      }
      return { caps: capStates(ledger, used), gap: toPoints(gap), stale }
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
  cold.parts.forEach(({ problem, best, eased = new Map<number, never>() }, index) => {
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
