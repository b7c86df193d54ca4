import type { Slot } from './eligibility.ts'

/** Whether two slots take the same patients, whatever their number. */
export function sameRules(a: Slot, b: Slot): boolean {
  const tumours = (slot: Slot): string =>
    slot.tumours === null ? '' : [...slot.tumours].sort().join()
  return (
    a.openToAlliance === b.openToAlliance &&
    a.noticeDays === b.noticeDays &&
    a.day === b.day &&
    a.trust === b.trust &&
    tumours(a) === tumours(b) &&
    JSON.stringify(a.limits) === JSON.stringify(b.limits)
  )
}
