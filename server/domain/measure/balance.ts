import type { BalanceLine } from '../../../shared/measures.ts'
import { STEPS } from '../../../shared/vocabulary.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import type { TrustNames } from './groups.ts'
import type { OpenWait } from './open-wait.ts'
import { shown } from './suppress.ts'

/** Slots of one kind at all sites of one trust over the days looked at. */
export interface SlotTotal {
  readonly trust: string
  readonly step: Step
  readonly slots: number
  readonly openSlots: number
  readonly promised: number
}

/** People waiting against slots, by trust and step; the widest gap first. [MEA-5] */
export function balance(
  waits: readonly OpenWait[],
  slots: readonly SlotTotal[],
  trusts: TrustNames,
): BalanceLine[] {
  const totals = new Map<string, { waiting: number; booked: number; slots: SlotTotal }>()
  const totalOf = (trust: string, step: Step) => {
    const key = `${trust} ${step}`
    const known = totals.get(key)
    if (known !== undefined) return known
    const none = { trust, step, slots: 0, openSlots: 0, promised: 0 }
    const made = { waiting: 0, booked: 0, slots: none }
    totals.set(key, made)
    return made
  }
  for (const total of slots) totalOf(total.trust, total.step).slots = total
  for (const { trust, step, isBooked } of waits) {
    if (step === null) continue
    const total = totalOf(trust, step)
    total.waiting += 1
    if (isBooked) total.booked += 1
  }
  return [...totals.values()]
    .map(({ waiting, booked, slots: { trust, step, slots, openSlots, promised } }) => {
      const free = slots - promised
      const gap = waiting - booked - free
      const trustName = trusts.get(trust) ?? trust
      const counts = { waiting, booked, slots, openSlots, promised, free, gap }
      return { trust, trustName, step, stepLabel: STEPS[step], ...counts }
    })
    .sort((a, b) => b.gap - a.gap || (a.trust + a.step < b.trust + b.step ? -1 : 1))
}

/** Small numbers hidden; the gap too where it would give them back. [MEA-8] */
export function suppressedBalance(line: BalanceLine): BalanceLine {
  const waiting = shown(line.waiting)
  const booked = shown(line.booked)
  const gap = waiting === null || booked === null ? null : line.gap
  return { ...line, waiting, booked, gap }
}
