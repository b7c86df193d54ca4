import type { Step } from '../../../shared/vocabulary.ts'
import { plainName } from '../../domain/codes/national-items.ts'
import { checkField } from './facts.ts'
import type { Appointment } from './hl7-deeds.ts'
import { FINAL_RESULTS, REFERRAL_PRIORITIES } from './hl7-events.ts'
import type { Hl7Message, Hl7Segment } from './hl7-message.ts'
import { partOf, repetitions, segmentsOf, valueOf } from './hl7-message.ts'
import type { PatchBook } from './hl7-patch.ts'
import { hl7Date } from './hl7-time.ts'
import { ptlValue } from './ptl-values.ts'

/** Segments of an appointment's resources, and the field in which each has its start. */
const STARTS = [
  ['AIS', 4],
  ['AIL', 6],
  ['AIP', 6],
  ['AIG', 8],
] as const
const SERVICE_FIELDS = [
  ['AIS', 3],
  ['SCH', 8],
  ['SCH', 7],
] as const
const FIT_NAMES: ReadonlySet<string> = new Set(['fit', 'qfit', 'faecalimmunochemicaltest'])

/** The appointment of a SIU message; null when it does not say on which day. */
export function appointmentOf(message: Hl7Message): Appointment | null {
  const [sch] = segmentsOf(message, 'SCH')
  const starts = [
    valueOf(sch, 11, 4),
    ...STARTS.map(([name, field]) => valueOf(segmentsOf(message, name)[0], field)),
  ]
  const on = starts.map(hl7Date).find((day) => day !== null)
  if (on === undefined) return null
  const texts = SERVICE_FIELDS.flatMap(([name, field]) =>
    codedTexts(segmentsOf(message, name)[0], field),
  )
  const site = siteOf(segmentsOf(message, 'AIL')[0], 3) ?? siteOf(segmentsOf(message, 'PV1')[0], 3)
  return { step: stepOf(texts), on, ...(site === undefined ? {} : { site }) }
}

/** The site of a person location: its facility, else its point of care, where either is an ODS site code. */
export function siteOf(segment: Hl7Segment | undefined, field: number): string | undefined {
  const said = [valueOf(segment, field, 4), valueOf(segment, field, 1)]
  return said.find((text) => text !== '' && checkField('stepBookedSite', text).ok)
}

/** Takes what RF1 says of a referral. [FEED-52] */
export function takeReferral(message: Hl7Message, into: PatchBook): void {
  const [rf1] = segmentsOf(message, 'RF1')
  into.take('priorityType', 'RF1-2', REFERRAL_PRIORITIES[valueOf(rf1, 2).toUpperCase()] ?? '')
  into.take('referralType', 'RF1-3', valueOf(rf1, 3))
  into.take('referralSource', 'RF1-5', valueOf(rf1, 5))
  into.take('receivedOn', 'RF1-7', valueOf(rf1, 7))
  into.take('decisionToReferOn', 'RF1-9', valueOf(rf1, 9))
  for (const text of codedTexts(rf1, 10)) {
    const tumour = ptlValue('tumour', text)
    if (typeof tumour === 'string' && checkField('tumour', tumour).ok) {
      into.set('tumour', tumour)
      return
    }
  }
}

/** Steps whose results may be acted on, each once, in the order of the message. */
export function finalSteps(message: Hl7Message): readonly Step[] {
  const steps = segmentsOf(message, 'OBR')
    .filter((obr) => FINAL_RESULTS.has(valueOf(obr, 25).toUpperCase()))
    .map((obr) => stepOf(codedTexts(obr, 4)))
  return [...new Set(steps.filter((step) => step !== null))]
}

/** Takes the values that the list knows: a FIT in ug/g. */
export function takeResults(message: Hl7Message, into: PatchBook): void {
  for (const obx of segmentsOf(message, 'OBX')) {
    const isFit = codedTexts(obx, 3).some((text) => FIT_NAMES.has(plainName(text)))
    const isPerGram = valueOf(obx, 6).toLowerCase() === 'ug/g'
    const isFinal = FINAL_RESULTS.has(valueOf(obx, 11).toUpperCase())
    if (isFit && isPerGram && isFinal) into.take('fit', 'OBX-5', valueOf(obx, 5))
  }
}

/** Code and text of a coded element and of its alternative. */
function codedTexts(segment: Hl7Segment | undefined, field: number): readonly string[] {
  const [raw] = repetitions(segment, field)
  if (raw === undefined || segment === undefined) return []
  return [1, 2, 4, 5].map((part) => partOf(raw, segment.marks, part)).filter((text) => text !== '')
}

function stepOf(texts: readonly string[]): Step | null {
  for (const text of texts) {
    const result = checkField('step', ptlValue('step', text))
    if (result.ok) return result.value as Step
  }
  return null
}
