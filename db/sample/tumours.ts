import type { Step, Tumour } from '../../shared/vocabulary.ts'

/**
 * What a pathway of a tumour group looks like in the sample. Assumptions of ours, plausible and no more:
 * they give the list its texture, and no rule of the service reads them.
 */
export interface TumourShape {
  /** Tests between first clinic and being told, in order; each person has the first one or more of them. */
  readonly tests: readonly [Step, ...Step[]]
  /** ICD-10 codes of the cancers found. */
  readonly diagnoses: readonly [string, ...string[]]
  /** True where the organ has a side. */
  readonly sided: boolean
  /** National treatment modality codes, as often as they stand here, and the step that leads to each. */
  readonly treatments: readonly [Treatment, ...Treatment[]]
  /** Share of people treated who are treated at another trust. */
  readonly transferShare: number
}

export interface Treatment {
  readonly weight: number
  readonly modality: string
  readonly step: Step
  /** National care setting code. */
  readonly setting: string
}

const surgery = (weight: number): Treatment => ({
  weight,
  modality: '23',
  step: 'surgery',
  setting: '01',
})
const drugs = (weight: number, modality = '02'): Treatment => ({
  weight,
  modality,
  step: 'sact',
  setting: '02',
})
const beam = (weight: number): Treatment => ({
  weight,
  modality: '05',
  step: 'radiotherapy',
  setting: '03',
})
const watching = (weight: number): Treatment => ({
  weight,
  modality: '08',
  step: 'clinic',
  setting: '03',
})

export const TUMOUR_SHAPES: Readonly<Record<Tumour, TumourShape>> = {
  brain: shape(['mri', 'petCt'], ['C710', 'C711', 'C719'], true, [surgery(6), beam(4)], 0.4),
  breast: shape(
    ['mammogram', 'usBiopsy', 'mri'],
    ['C504', 'C509', 'C501', 'D051'],
    true,
    [surgery(7), drugs(2), drugs(1, '03')],
    0.02,
  ),
  children: shape(['ultrasound', 'mri'], ['C919', 'C64X', 'C749'], false, [drugs(1)], 0.8),
  gynaecological: shape(
    ['ultrasound', 'hysteroscopy', 'mri'],
    ['C541', 'C56X', 'C539'],
    false,
    [surgery(7), drugs(3)],
    0.25,
  ),
  haematological: shape(
    ['usBiopsy', 'petCt'],
    ['C900', 'C911', 'C920'],
    false,
    [drugs(7, '14'), watching(3)],
    0.05,
  ),
  lymphoma: shape(
    ['ultrasound', 'usBiopsy', 'petCt'],
    ['C833', 'C829', 'C819'],
    false,
    [drugs(8), watching(2)],
    0.06,
  ),
  headNeck: shape(
    ['nasendoscopy', 'usBiopsy', 'mri'],
    ['C099', 'C329', 'C73X', 'C029'],
    false,
    [surgery(5), beam(5)],
    0.3,
  ),
  hpb: shape(['ct', 'eus', 'petCt'], ['C250', 'C220', 'C240'], false, [surgery(3), drugs(7)], 0.35),
  lowerGi: shape(
    ['colonoscopy', 'ct', 'mri'],
    ['C187', 'C20X', 'C180', 'C182'],
    false,
    [surgery(7), drugs(2), beam(1)],
    0.05,
  ),
  lung: shape(
    ['ct', 'petCt', 'ebus', 'ctBiopsy'],
    ['C341', 'C343', 'C349'],
    true,
    [surgery(3), drugs(4), beam(3)],
    0.25,
  ),
  nonSpecific: shape(['ct', 'petCt'], ['C80X', 'C800'], false, [drugs(1)], 0.1),
  other: shape(['ct', 'ctBiopsy'], ['C73X', 'C759', 'C800'], false, [surgery(5), drugs(5)], 0.1),
  prostate: shape(
    ['mri', 'prostateBiopsy', 'petCt'],
    ['C61X'],
    false,
    [surgery(2), beam(2), drugs(4, '03'), watching(3)],
    0.2,
  ),
  sarcoma: shape(['mri', 'usBiopsy'], ['C499', 'C492'], true, [surgery(8), beam(2)], 0.7),
  skin: shape(['skinExcision'], ['C439', 'C443', 'C449', 'C437'], true, [surgery(1)], 0.02),
  upperGi: shape(
    ['ogd', 'ct', 'petCt', 'eus'],
    ['C155', 'C160', 'C169'],
    false,
    [surgery(3), drugs(6), beam(1)],
    0.3,
  ),
  urological: shape(
    ['cystoscopy', 'ct'],
    ['C679', 'C64X', 'C629'],
    true,
    [surgery(9), drugs(1)],
    0.1,
  ),
}

function shape(
  tests: TumourShape['tests'],
  diagnoses: TumourShape['diagnoses'],
  sided: boolean,
  treatments: TumourShape['treatments'],
  transferShare: number,
): TumourShape {
  return { tests, diagnoses, sided, treatments, transferShare }
}
