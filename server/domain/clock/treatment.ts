import type { EntryFacts } from '../../../shared/entry.ts'

const FIRST_EVENTS: ReadonlySet<string> = new Set(['01', '07', '12'])
const SUBSEQUENT_AWAITED: ReadonlySet<string> = new Set([
  '12',
  '13',
  '19',
  '20',
  '27',
  '28',
  '34',
  '35',
])
const SUBSEQUENT_COMMENCED = '21'
const DECLINED = '98'

/** A first definitive treatment by its event type: 01, 07 or 12. [CLK-7] */
export function isFirstTreatmentEvent(event: string): boolean {
  return FIRST_EVENTS.has(event)
}

/** The patient status says that a second or later treatment is awaited. [CLK-5] */
export function awaitsSubsequent(facts: Pick<EntryFacts, 'patientStatus'>): boolean {
  return SUBSEQUENT_AWAITED.has(facts.patientStatus ?? '')
}

/**
 * Whether the treatment that this record is about comes after a first definitive one: by its event type,
 * else by the patient status. [CLK-5, CLK-7]
 */
export function isSubsequent(facts: Pick<EntryFacts, 'treatmentEvent' | 'patientStatus'>): boolean {
  if (facts.treatmentEvent !== undefined) return !FIRST_EVENTS.has(facts.treatmentEvent)
  return facts.patientStatus === SUBSEQUENT_COMMENCED || awaitsSubsequent(facts)
}

/** All treatment was declined: modality 98 takes a record out of the 31 and 62 days. [CLK-8] */
export function declinedTreatment(facts: Pick<EntryFacts, 'modality'>): boolean {
  return facts.modality === DECLINED
}
