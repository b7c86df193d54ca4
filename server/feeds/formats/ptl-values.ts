import { ANAESTHETICS } from '../../../shared/capacity.ts'
import { PRIORITY_SCALES, STEPS, TUMOURS } from '../../../shared/vocabulary.ts'
import type { FieldName } from './facts.ts'
import { FACT_NAMES, cellValue } from './facts.ts'
import { plainName } from '../../domain/codes/national-items.ts'

/*
 * How people write values in a PTL extract: dates with slashes, tumour groups by name, yes and no.
 */

/**
 * A cell as the field's schema wants it, or as it stands when it is no known way of writing one. [FEED-7]
 * Lists are separated by `;`, a pause is `from/to/reason`.
 */
export function ptlValue(field: FieldName, text: string): unknown {
  if (DATE_FIELDS.has(field)) return isoFromCell(text)
  const words = WORDS[field]
  if (words !== undefined) return words.get(plainName(text)) ?? text
  if (field === 'missedFirstAppointments') return listOf(text).map(isoFromCell)
  if (field === 'needs') return listOf(text).map((need) => need.toLowerCase())
  if (field === 'pauses') return listOf(text).map(pauseFrom)
  return cellValue(field, text)
}

/** `DD/MM/YYYY`, `DD-MM-YYYY` and a midnight written behind a date, as `YYYY-MM-DD`; anything else as it stands. */
export function isoFromCell(text: string): string {
  const day = text.replace(/[ T]00:00(:00(\.0+)?)?$/, '')
  const parts = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$/.exec(day)
  if (parts === null) return day
  return `${parts[3]}-${(parts[2] ?? '').padStart(2, '0')}-${(parts[1] ?? '').padStart(2, '0')}`
}

const DATE_FIELDS: ReadonlySet<string> = new Set([
  ...FACT_NAMES.filter((name) => name.endsWith('On')),
  'dateOfBirth',
])

const TUMOUR_WORDS: Readonly<Record<string, readonly string[]>> = {
  brain: ['Brain', 'CNS', 'Brain/CNS', 'Brain and Central Nervous System'],
  children: ['Paediatric', 'Childrens'],
  gynaecological: ['Gynae', 'Gynaecology'],
  haematological: ['Haematology', 'Haem', 'Leukaemia', 'Acute Leukaemia'],
  headNeck: ['Head & Neck', 'H&N', 'Thyroid'],
  hpb: ['HPB', 'Hepatobiliary', 'Pancreas', 'Liver'],
  lowerGi: ['Colorectal', 'Lower Gastrointestinal', 'LGI', 'Bowel'],
  nonSpecific: ['RDC', 'NSS', 'Non Site Specific', 'Non Specific'],
  sarcoma: ['Sarcomas', 'Bone and Soft Tissue'],
  skin: ['Dermatology', 'Melanoma'],
  upperGi: ['Upper Gastrointestinal', 'UGI', 'OG', 'Oesophago-gastric'],
  urological: ['Urology', 'Uro', 'Urological (excluding Testicular)', 'Testicular'],
  breast: ['Breast Symptomatic'],
  lung: ['Thoracic', 'Respiratory'],
}

const WORDS: Readonly<Partial<Record<string, ReadonlyMap<string, string | boolean>>>> = {
  tumour: new Map([
    ...labels(TUMOURS),
    ...Object.entries(TUMOUR_WORDS).flatMap(([tumour, names]) =>
      names.map((name) => [plainName(name), tumour] as const),
    ),
  ]),
  step: new Map([
    ...labels(STEPS),
    ['outpatientappointment', 'clinic'],
    ['firstappointment', 'clinic'],
    ['opa', 'clinic'],
    ['ctscan', 'ct'],
    ['mriscan', 'mri'],
    ['petscan', 'petCt'],
    ['gastroscopy', 'ogd'],
    ['chemotherapy', 'sact'],
    ['operation', 'surgery'],
  ]),
  anaesthetic: new Map([
    ...labels(ANAESTHETICS),
    ['ga', 'general'],
    ['generalanaesthetic', 'general'],
    ['la', 'local'],
    ['localanaesthetic', 'local'],
    ['sedated', 'sedation'],
    ['no', 'none'],
  ]),
  sex: new Map([
    ['f', 'female'],
    ['female', 'female'],
    ['2', 'female'],
    ['m', 'male'],
    ['male', 'male'],
    ['1', 'male'],
    ['other', 'other'],
    ['9', 'other'],
  ]),
  escalated: new Map([
    ['y', true],
    ['yes', true],
    ['true', true],
    ['1', true],
    ['n', false],
    ['no', false],
    ['false', false],
    ['0', false],
  ]),
}

/** A priority scale by its key or label. */
export function scaleFrom(text: string): string {
  return SCALES.get(plainName(text)) ?? text
}

const SCALES = new Map(labels(PRIORITY_SCALES))

function labels(words: Readonly<Record<string, string>>): (readonly [string, string])[] {
  return Object.entries(words).flatMap(([key, label]) => [
    [plainName(key), key] as const,
    [plainName(label), key] as const,
  ])
}

function listOf(text: string): string[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function pauseFrom(text: string): Record<string, string> {
  const [from = '', to = '', reason = ''] = text.split(/\/(?=\d{4}-|[A-Za-z0-9]{1,4}$)/)
  return { from, to, reason }
}
