import { PLAN_NUMBERS, PLAN_NUMBER_NAMES, protectWords } from './plan-fields.tsx'
import type { PlanSettings } from './plan-fields.tsx'
import { trustName } from '../session/session.ts'
import type { Alliance } from '../session/session.ts'
import { exact, number } from '../words.ts'

/** What a draft changes, a sentence each; none where it changes nothing. */
export function planChanges(
  before: PlanSettings,
  after: PlanSettings,
  alliance: Alliance,
): readonly string[] {
  const words: string[] = []
  for (const name of PLAN_NUMBER_NAMES) {
    const { label, unit } = PLAN_NUMBERS[name]
    const [from, to] = [before[name], after[name]]
    if (from !== to) words.push(`${label}: ${exact(from)} to ${exact(to)} ${unit}`)
  }
  if (before.protectOwnPatients !== after.protectOwnPatients)
    words.push(protectWords(after.protectOwnPatients))
  const capsBefore = capsOf(before)
  const capsAfter = capsOf(after)
  for (const trust of new Set([...capsBefore.keys(), ...capsAfter.keys()])) {
    const [from, to] = [capsBefore.get(trust), capsAfter.get(trust)]
    if (from !== to) words.push(`${trustName(alliance, trust)} takes ${cap(from)}, then ${cap(to)}`)
  }
  const pair = ({ from, to }: PlanSettings['barredPairs'][number]) =>
    `${trustName(alliance, from)} to ${trustName(alliance, to)}`
  const barred = (one: PlanSettings) => new Set(one.barredPairs.map(pair))
  for (const one of barred(after))
    if (!barred(before).has(one)) words.push(`Nothing is proposed from ${one}`)
  for (const one of barred(before))
    if (!barred(after).has(one)) words.push(`Something may be proposed from ${one} again`)
  return words
}

function capsOf({ importCaps }: PlanSettings): ReadonlyMap<string, number> {
  return new Map(importCaps.map(({ trust, imports }) => [trust, imports]))
}

function cap(imports: number | undefined): string {
  return imports === undefined ? 'as many as help' : `at most ${number(imports)}`
}
