import type { Step } from '../../../shared/vocabulary.ts'
import type { PlanEffect, PlannedMove, PlanOutput, SlotPrice } from './model.ts'
import { hundredths } from './reason.ts'

/** The moves not shown yet that are worth looking at: of each referring trust those that save most. [MOV-50] */
export function shortlist(
  outputs: Iterable<Pick<PlanOutput, 'diff'>>,
  ofEachTrust: number,
): PlannedMove[] {
  const byTrust = new Map<string, PlannedMove[]>()
  for (const { diff } of outputs) {
    for (const move of diff.create) {
      const moves = byTrust.get(move.fromTrust) ?? []
      moves.push(move)
      byTrust.set(move.fromTrust, moves)
    }
  }
  return [...byTrust.values()].flatMap((moves) => {
    moves.sort((a, b) => b.reason.saves - a.reason.saves || a.patientId - b.patientId)
    const last = moves[ofEachTrust - 1]
    return last === undefined
      ? moves
      : moves.filter((move) => move.reason.saves >= last.reason.saves)
  })
}

/** What the steps come to together: steps do not compete, so everything adds up. [MOV-22, MOV-24] */
export function together(outputs: readonly PlanOutput[]): {
  readonly moved: number
  readonly patients: number
  readonly slots: number
  readonly costStay: number
  readonly costPlan: number
  readonly effect: PlanEffect
} {
  const sum = (of: (output: PlanOutput) => number): number =>
    outputs.reduce((total, output) => total + of(output), 0)
  const trusts = new Map<string, { out: number; in: number }>()
  for (const { effect } of outputs) {
    for (const { trust, ...counts } of effect.byTrust) {
      const known = trusts.get(trust) ?? { out: 0, in: 0 }
      trusts.set(trust, { out: known.out + counts.out, in: known.in + counts.in })
    }
  }
  return {
    moved: sum(({ moves }) => moves.length),
    patients: sum(({ size }) => size.patients),
    slots: sum(({ size }) => size.slots),
    costStay: hundredths(sum(({ costStay }) => costStay)),
    costPlan: hundredths(sum(({ costPlan }) => costPlan)),
    effect: {
      breachesAvoided: sum(({ effect }) => effect.breachesAvoided),
      daysSaved: sum(({ effect }) => effect.daysSaved),
      pointsSaved: hundredths(sum(({ effect }) => effect.pointsSaved)),
      travelMinutesAdded: sum(({ effect }) => effect.travelMinutesAdded),
      displaced: sum(({ effect }) => effect.displaced),
      byTrust: [...trusts]
        .map(([trust, counts]) => ({ trust, ...counts }))
        .sort((a, b) => (a.trust < b.trust ? -1 : 1)),
    },
  }
}

/** The prices of a step's slots as they are kept: those that save something, points to a hundredth. */
export function pricesOf(prices: readonly SlotPrice[]): [string, [number, number, number]][] {
  return prices
    .filter((price) => price.points > 0)
    .map(({ capacityId, points, days, breaches }) => [
      String(capacityId),
      [hundredths(points), days, breaches],
    ])
}

/** Prices of all steps as one JSON text; the parts of steps that did not change are kept as text. */
export function openPriceText(): (outputs: ReadonlyMap<Step, PlanOutput>) => string {
  const texts = new Map<Step, { readonly of: PlanOutput; readonly text: string }>()
  return (outputs) => {
    for (const [step, of] of outputs) {
      if (texts.get(step)?.of === of) continue
      texts.set(step, {
        of,
        text: JSON.stringify(Object.fromEntries(pricesOf(of.prices))).slice(1, -1),
      })
    }
    const parts = [...texts.values()].map(({ text }) => text).filter((text) => text !== '')
    return `{${parts.join()}}`
  }
}
