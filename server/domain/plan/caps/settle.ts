import { STAY, toPoints } from '../transport.ts'
import { adopt } from './adopt.ts'
import { keptCore, type KeptCore } from './kept-core.ts'
import { changePrices, endEasing, importsNow, unproved, type CapLedger } from './ledger.ts'
import { solveCaps, type CapAnswer } from './search.ts'
import type { WarmState } from '../warm-state.ts'

/** Units within which an answer is looked for first, an eighth of a point, and then so many times further. */
const NEAR = 128
const FURTHER = 8
/** Beyond it all is solved anew. */
const FAR = NEAR * FURTHER ** 3

/** Further than anything costs. */
export const EVERYWHERE = 2 ** 44

/**
 * Brings a plan within its caps again after a change, the best there is. Where its prices still prove it nothing is done.
 * @param canSearch whether prices are about right; if not only that is looked at
 * @returns points by which it may miss the best, above 0 only where a search was broken off; null: it is far away, to be
 * solved anew
 */
export function settleCaps(ledger: CapLedger, canSearch: boolean): number | null {
  endEasing(ledger)
  if (unproved(ledger, importsNow(ledger)) === 0) return 0
  return canSearch ? settleNear(ledger) : null
}

/** The best plan within the caps, from those for whom it is a near thing. @returns points unproved; null: none near */
function settleNear(ledger: CapLedger): number | null {
  const near = bestNear(ledger)
  if (near === null) return null
  const { core, found } = near
  const before = ledger.sides.map(({ warm }) => arcsNow(warm))
  core.patients.forEach(({ side, patient }, row) => {
    const arc = found.chosenArc[row] as number
    const target = before[ledger.sides.indexOf(side)]
    if (target !== undefined) target[patient] = arc === STAY ? STAY : (core.arcs[arc] as number)
  })
  changePrices(
    ledger,
    found.price.map((units, cap) => units - (ledger.price[cap] ?? 0)),
  )
  ledger.sides.forEach((side, index) => {
    const target = before[index]
    if (target !== undefined) adopt(side, target)
  })
  return toPoints(found.units - found.least)
}

/**
 * Searches further and further from what the prices prove. What is found within so many units is the best of all plans,
 * since those that were left out all cost more.
 * @param far units; `EVERYWHERE`: at last nobody is left out
 */
export function bestNear(
  ledger: CapLedger,
  far = FAR,
): { core: KeptCore; found: CapAnswer } | null {
  for (let spare = NEAR; spare <= far; spare *= spare < FAR ? FURTHER : FURTHER ** 8) {
    const core = keptCore(ledger, spare)
    if (core === null) continue
    const upper = core.bound + spare + 1 - core.settled
    const found = solveCaps(core, { start: ledger.price, upper })
    if (found !== null) return { core, found }
  }
  return null
}

/** By patient the arc they have; STAY for those who stay. */
function arcsNow({ place, placeArc, patientCount }: WarmState): Int32Array {
  const arcs = placeArc.slice(0, patientCount)
  arcs.forEach((_, patient) => {
    if (place[patient] === STAY) arcs[patient] = STAY
  })
  return arcs
}
