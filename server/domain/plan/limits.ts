import { ANAESTHETICS, PATIENT_NEEDS, type SlotLimits } from '../../../shared/capacity.ts'
import type { PlanPatient } from './model.ts'

/** A limit of a site that a patient is known to be beyond, in words; null when there is none. [CAP-8] */
export function beyondLimit(patient: PlanPatient, limits: SlotLimits): string | null {
  const { ageYears: age, clinical = {} } = patient
  const { bmi, asa, performanceStatus, anaesthetic, laterality } = clinical
  const { minAge, maxAge, maxBmi, maxAsa, maxPerformanceStatus } = limits
  if (age !== null && minAge !== undefined && age < minAge) return `from age ${String(minAge)} on`
  if (age !== null && isAbove(age, maxAge)) return `up to age ${String(maxAge)}`
  if (isAbove(bmi, maxBmi)) return `up to BMI ${String(maxBmi)}`
  if (isAbove(asa, maxAsa)) return `up to ASA ${String(maxAsa)}`
  if (isAbove(performanceStatus, maxPerformanceStatus)) {
    return `up to performance status ${String(maxPerformanceStatus)}`
  }
  const given = limits.anaesthetics
  if (anaesthetic !== undefined && given !== undefined && !given.includes(anaesthetic)) {
    const names = given.map((one) => ANAESTHETICS[one].toLowerCase()).join(', ')
    return `anaesthetic ${names} only`
  }
  if (isSide(laterality) && limits.lateralities?.includes(laterality) === false) {
    return `side ${limits.lateralities.join(', ')} only`
  }
  const unmet = clinical.needs?.find((need) => limits.needs?.includes(need) === false)
  return unmet === undefined ? null : `no ${PATIENT_NEEDS[unmet].toLowerCase()} there`
}

/** What is not known of a patient and would have to be within a site's limits: for those who answer. [CAP-9] */
export function stillToCheck(patient: PlanPatient, limits: SlotLimits): string[] {
  const { clinical = {} } = patient
  const checks: string[] = []
  const want = (isKnown: boolean, limit: unknown, words: string): void => {
    if (!isKnown && limit !== undefined) checks.push(words)
  }
  want(patient.ageYears !== null, limits.minAge ?? limits.maxAge, 'age')
  want(clinical.bmi !== undefined, limits.maxBmi, `BMI (up to ${String(limits.maxBmi)})`)
  want(clinical.asa !== undefined, limits.maxAsa, `ASA (up to ${String(limits.maxAsa)})`)
  const status = limits.maxPerformanceStatus
  want(
    clinical.performanceStatus !== undefined,
    status,
    `performance status (up to ${String(status)})`,
  )
  want(clinical.anaesthetic !== undefined, limits.anaesthetics, 'anaesthetic')
  want(isSide(clinical.laterality), limits.lateralities, 'side')
  want(clinical.needs !== undefined, limits.needs, 'needs')
  return checks
}

function isAbove(value: number | undefined, most: number | undefined): boolean {
  return value !== undefined && most !== undefined && value > most
}

type Side = NonNullable<SlotLimits['lateralities']>[number]
const SIDES: ReadonlySet<string> = new Set<Side>(['L', 'R', 'B', 'M'])

function isSide(code: string | undefined): code is Side {
  return code !== undefined && SIDES.has(code)
}
