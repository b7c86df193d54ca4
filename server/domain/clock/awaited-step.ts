import type { EntryFacts } from '../../../shared/entry.ts'
import type { Step, Tumour } from '../../../shared/vocabulary.ts'
import { openState } from './open.ts'
import { tumourOf } from './tumour.ts'

export interface AwaitedStep {
  readonly step: Step
  /** True when worked out from the facts and not stated by the trust. */
  readonly inferred: boolean
}

/** The test that most often decides, by tumour group, as of 2026. Local pathways differ: confidence L. [CLK-21] */
const KEY_TEST: Readonly<Record<Tumour, Step>> = {
  brain: 'ct',
  breast: 'mammogram',
  children: 'ct',
  gynaecological: 'hysteroscopy',
  haematological: 'usBiopsy',
  lymphoma: 'usBiopsy',
  headNeck: 'nasendoscopy',
  hpb: 'eus',
  lowerGi: 'colonoscopy',
  lung: 'ebus',
  nonSpecific: 'ct',
  other: 'ct',
  prostate: 'mri',
  sarcoma: 'ct',
  skin: 'skinExcision',
  upperGi: 'ogd',
  urological: 'cystoscopy',
}

/** The commonest first treatment where it is not surgery. Confidence L. [CLK-21] */
const KEY_TREATMENT: Readonly<Partial<Record<Tumour, Step>>> = {
  children: 'sact',
  haematological: 'sact',
  lymphoma: 'sact',
}

/** Treatment step of a planned modality. [CLK-21] */
const BY_MODALITY: Readonly<Record<string, Step>> = {
  '02': 'sact',
  '03': 'sact',
  '04': 'sact',
  '05': 'radiotherapy',
  '06': 'radiotherapy',
  '13': 'radiotherapy',
  '14': 'sact',
  '15': 'sact',
  '19': 'radiotherapy',
  '21': 'sact',
  '22': 'radiotherapy',
  '23': 'surgery',
  '24': 'surgery',
}

/**
 * The step an open pathway waits for: the trust's word, else worked out. [CLK-21]
 *
 * Not yet seen waits for the clinic; seen and not told, for the group's key test; told of a cancer or decided
 * to treat, for treatment.
 * @returns null when the pathway is closed
 */
export function awaitedStep(facts: EntryFacts): AwaitedStep | null {
  if (!openState(facts).open) return null
  if (facts.step !== undefined) return { step: facts.step, inferred: false }
  return { step: inferredStep(facts), inferred: true }
}

function inferredStep(facts: EntryFacts): Step {
  const toldOfCancer = facts.toldOn !== undefined && facts.fdsEndReason === '01'
  if (facts.dttOn !== undefined || facts.ecadOn !== undefined || toldOfCancer) {
    return BY_MODALITY[facts.modality ?? ''] ?? KEY_TREATMENT[tumourOf(facts)] ?? 'surgery'
  }
  return facts.firstSeenOn === undefined ? 'clinic' : KEY_TEST[tumourOf(facts)]
}
