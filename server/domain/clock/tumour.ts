import type { EntryFacts } from '../../../shared/entry.ts'
import type { Tumour } from '../../../shared/vocabulary.ts'

/** Suspected cancer by referral type code; 15 and 18 are other. 11 covers the prostate too, until the trust says so. [CLK-20] */
const BY_REFERRAL_TYPE: Readonly<Record<string, Tumour>> = {
  '01': 'breast',
  '02': 'children',
  '03': 'lung',
  '04': 'haematological',
  '05': 'haematological',
  '06': 'upperGi',
  '07': 'lowerGi',
  '08': 'skin',
  '09': 'gynaecological',
  '10': 'brain',
  '11': 'urological',
  '12': 'urological',
  '13': 'headNeck',
  '14': 'sarcoma',
  '16': 'breast',
  '17': 'nonSpecific',
}

/** First and last ICD-10 category of each group, in code order. [CLK-20; ICD-10 chapter II] */
const BY_DIAGNOSIS: readonly (readonly [from: string, to: string, tumour: Tumour])[] = [
  ['C00', 'C14', 'headNeck'],
  ['C15', 'C16', 'upperGi'],
  ['C17', 'C21', 'lowerGi'],
  ['C22', 'C25', 'hpb'],
  ['C26', 'C26', 'lowerGi'],
  ['C30', 'C32', 'headNeck'],
  ['C33', 'C39', 'lung'],
  ['C40', 'C41', 'sarcoma'],
  ['C43', 'C44', 'skin'],
  ['C45', 'C45', 'lung'],
  ['C46', 'C49', 'sarcoma'],
  ['C50', 'C50', 'breast'],
  ['C51', 'C58', 'gynaecological'],
  ['C60', 'C60', 'urological'],
  ['C61', 'C61', 'prostate'],
  ['C62', 'C68', 'urological'],
  ['C69', 'C69', 'other'],
  ['C70', 'C72', 'brain'],
  ['C73', 'C73', 'headNeck'],
  ['C74', 'C80', 'other'],
  ['C81', 'C88', 'lymphoma'],
  ['C90', 'C96', 'haematological'],
  ['C97', 'C97', 'other'],
  ['D03', 'D04', 'skin'],
  ['D05', 'D05', 'breast'],
  ['D06', 'D07', 'gynaecological'],
  ['D09', 'D09', 'urological'],
]

/**
 * Tumour group of a pathway: what the trust says, else the diagnosis, else what was suspected. [CLK-20]
 * @returns `other` where nothing tells
 */
export function tumourOf(facts: Pick<EntryFacts, 'tumour' | 'diagnosis' | 'referralType'>): Tumour {
  if (facts.tumour !== undefined) return facts.tumour
  const diagnosed = facts.diagnosis === undefined ? undefined : ofDiagnosis(facts.diagnosis)
  if (diagnosed !== undefined) return diagnosed
  return BY_REFERRAL_TYPE[facts.referralType ?? ''] ?? 'other'
}

function ofDiagnosis(diagnosis: string): Tumour | undefined {
  const category = diagnosis.slice(0, 3)
  // D07 is shared: D075 is the prostate, D074 and D076 other male organs.
  if (diagnosis.startsWith('D075')) return 'prostate'
  if (diagnosis.startsWith('D074') || diagnosis.startsWith('D076')) return 'urological'
  return BY_DIAGNOSIS.find(([from, to]) => category >= from && category <= to)?.[2]
}
