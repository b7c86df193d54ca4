import type { EntryFacts, FactName } from '../../../shared/entry.ts'
import type { CodeList } from './code-list.ts'
import {
  fdsEndReasons,
  fdsExclusions,
  lateralities,
  patientStatuses,
  transferReasons,
} from './diagnosis-codes.ts'
import { ethnicCategories, nationalEthnicCategory } from './person-codes.ts'
import {
  adjustmentReasons,
  delayReasons,
  diagnosticRoutes,
  nhsNumberStatuses,
  priorityTypes,
  referralSources,
  referralTypes,
} from './referral-codes.ts'
import { careSettings, modalities, treatmentEvents, trialIndicators } from './treatment-codes.ts'

type CodeField = {
  [Name in FactName]-?: NonNullable<EntryFacts[Name]> extends string ? Name : never
}[FactName]
type DateField = 'receivedOn' | 'firstSeenOn' | 'toldOn' | 'dttOn' | 'treatedOn'

/** A coded field: its list, and the event whose date a retired code is judged by. */
export interface CodedField {
  readonly field: CodeField
  readonly list: CodeList
  readonly datedBy?: DateField
  /** The national part of a code whose end is free for local use. */
  readonly nationalPart?: (sent: string) => string
}

/**
 * Which list each coded fact is held against. [DQ-7]
 *
 * Not here, because their lists could not be read: rdcCompliance, prostateRisk, fdsPrimarySite, fdsProfessional,
 * fdsMethod. Their codes are taken as sent: a list from memory would refuse what a trust rightly sends.
 */
export const CODED_FIELDS: readonly CodedField[] = [
  { field: 'nhsNumberStatus', list: nhsNumberStatuses },
  { field: 'referralSource', list: referralSources },
  { field: 'priorityType', list: priorityTypes },
  { field: 'referralType', list: referralTypes, datedBy: 'receivedOn' },
  { field: 'diagnosticRoute', list: diagnosticRoutes },
  { field: 'firstSeenAdjustmentReason', list: adjustmentReasons },
  { field: 'firstSeenDelayReason', list: delayReasons, datedBy: 'firstSeenOn' },
  { field: 'patientStatus', list: patientStatuses },
  { field: 'laterality', list: lateralities },
  { field: 'fdsEndReason', list: fdsEndReasons },
  { field: 'fdsExclusion', list: fdsExclusions, datedBy: 'toldOn' },
  { field: 'fdsDelayReason', list: delayReasons, datedBy: 'toldOn' },
  { field: 'iptReferringReason', list: transferReasons },
  { field: 'iptReceivingReason', list: transferReasons },
  { field: 'treatmentEvent', list: treatmentEvents },
  { field: 'modality', list: modalities, datedBy: 'treatedOn' },
  { field: 'clinicalTrial', list: trialIndicators },
  { field: 'careSetting', list: careSettings },
  { field: 'treatmentAdjustmentReason', list: adjustmentReasons },
  { field: 'dttDelayReason', list: delayReasons, datedBy: 'treatedOn' },
  { field: 'rttDelayReason', list: delayReasons, datedBy: 'treatedOn' },
  { field: 'upgradeDelayReason', list: delayReasons, datedBy: 'treatedOn' },
  { field: 'ethnicity', list: ethnicCategories, nationalPart: nationalEthnicCategory },
]

/** What a code of a fact means; undefined for an unknown code or a fact without a list. */
export function labelOf(field: FactName, code: string): string | undefined {
  const coded = CODED_FIELDS.find((one) => one.field === field)
  return coded?.list.codes.get(coded.nationalPart?.(code) ?? code)?.label
}
