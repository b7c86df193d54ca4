import type { FactName } from '../../../shared/entry.ts'

/** A column of the national file: its name in the data dictionary and the fact it becomes. */
export interface NationalColumn {
  readonly item: string
  readonly field: FactName | 'nhsNumber'
}

/** The 54 items of NCWTMDS v2.1 in dictionary order, which is the order of the headerless national CSV. [DD] */
export const NATIONAL_COLUMNS: readonly NationalColumn[] = [
  { item: 'NHS NUMBER', field: 'nhsNumber' },
  { item: 'NHS NUMBER STATUS INDICATOR CODE', field: 'nhsNumberStatus' },
  { item: 'PATIENT PATHWAY IDENTIFIER', field: 'ppid' },
  { item: 'ORGANISATION IDENTIFIER (PATIENT PATHWAY IDENTIFIER ISSUER)', field: 'ppidIssuer' },
  { item: 'SOURCE OF REFERRAL FOR OUT-PATIENTS', field: 'referralSource' },
  { item: 'PRIORITY TYPE CODE', field: 'priorityType' },
  { item: 'DECISION TO REFER DATE (CANCER OR BREAST SYMPTOMS)', field: 'decisionToReferOn' },
  { item: 'CANCER REFERRAL TO TREATMENT PERIOD START DATE', field: 'receivedOn' },
  { item: 'TWO WEEK WAIT CANCER OR SYMPTOMATIC BREAST REFERRAL TYPE', field: 'referralType' },
  { item: 'CONSULTANT UPGRADE DATE', field: 'upgradedOn' },
  { item: 'ORGANISATION SITE IDENTIFIER (OF PROVIDER CONSULTANT UPGRADE)', field: 'upgradeSite' },
  { item: 'DATE FIRST SEEN', field: 'firstSeenOn' },
  { item: 'ORGANISATION SITE IDENTIFIER (OF PROVIDER FIRST SEEN)', field: 'firstSeenSite' },
  { item: 'WAITING TIME ADJUSTMENT (FIRST SEEN)', field: 'firstSeenAdjustmentDays' },
  { item: 'WAITING TIME ADJUSTMENT REASON (FIRST SEEN)', field: 'firstSeenAdjustmentReason' },
  { item: 'CANCER CARE SPELL DELAY REASON (FIRST SEEN)', field: 'firstSeenDelayReason' },
  { item: 'CANCER CARE SPELL DELAY REASON COMMENT (FIRST SEEN)', field: 'firstSeenDelayComment' },
  { item: 'CANCER DIAGNOSTIC REFERRAL ROUTE', field: 'diagnosticRoute' },
  { item: 'RAPID DIAGNOSTIC CENTRE PATHWAY COMPLIANCE INDICATOR', field: 'rdcCompliance' },
  { item: 'CANCER OR SYMPTOMATIC BREAST REFERRAL PATIENT STATUS', field: 'patientStatus' },
  { item: 'PRIMARY DIAGNOSIS (ICD)', field: 'diagnosis' },
  { item: 'TUMOUR LATERALITY', field: 'laterality' },
  { item: 'CANCER TREATMENT PERIOD START DATE', field: 'dttOn' },
  { item: 'ORGANISATION SITE IDENTIFIER (OF PROVIDER CANCER DECISION TO TREAT)', field: 'dttSite' },
  { item: 'REFERRAL REQUEST RECEIVED DATE (INTER-PROVIDER TRANSFER)', field: 'iptReceivedOn' },
  { item: 'PROSTATE CANCER CLINICAL RISK CATEGORY', field: 'prostateRisk' },
  { item: 'CANCER FASTER DIAGNOSIS PATHWAY END REASON', field: 'fdsEndReason' },
  { item: 'PRIMARY CANCER SITE (CANCER FASTER DIAGNOSIS PATHWAY)', field: 'fdsPrimarySite' },
  { item: 'CANCER FASTER DIAGNOSIS PATHWAY END DATE', field: 'toldOn' },
  {
    item: 'CANCER CARE SPELL DELAY REASON (OUTCOME COMMUNICATION CANCER FASTER DIAGNOSIS PATHWAY)',
    field: 'fdsDelayReason',
  },
  {
    item: 'CANCER CARE SPELL DELAY REASON COMMENT (OUTCOME COMMUNICATION CANCER FASTER DIAGNOSIS PATHWAY)',
    field: 'fdsDelayComment',
  },
  { item: 'CANCER FASTER DIAGNOSIS PATHWAY EXCLUSION REASON', field: 'fdsExclusion' },
  {
    item: 'CARE PROFESSIONAL TYPE (OUTCOME COMMUNICATION CANCER FASTER DIAGNOSIS PATHWAY)',
    field: 'fdsProfessional',
  },
  { item: 'METHOD OF COMMUNICATION (END OF CANCER FASTER DIAGNOSIS PATHWAY)', field: 'fdsMethod' },
  {
    item: 'ORGANISATION SITE IDENTIFIER (OF CANCER FASTER DIAGNOSIS PATHWAY END DATE)',
    field: 'toldSite',
  },
  { item: 'SERVICE REQUESTED DATE (INTER-PROVIDER TRANSFER)', field: 'iptRequestedOn' },
  { item: 'ORGANISATION IDENTIFIER (REFERRING)', field: 'iptReferrer' },
  { item: 'ORGANISATION IDENTIFIER (RECEIVING)', field: 'iptReceiver' },
  {
    item: 'CANCER TRANSFER REFERRING REASON (INTER-PROVIDER TRANSFER)',
    field: 'iptReferringReason',
  },
  {
    item: 'CANCER TRANSFER RECEIVING REASON (INTER-PROVIDER TRANSFER)',
    field: 'iptReceivingReason',
  },
  { item: 'TREATMENT START DATE (CANCER)', field: 'treatedOn' },
  {
    item: 'ORGANISATION SITE IDENTIFIER (OF PROVIDER CANCER TREATMENT START DATE)',
    field: 'treatmentSite',
  },
  { item: 'CANCER TREATMENT EVENT TYPE', field: 'treatmentEvent' },
  { item: 'CANCER TREATMENT MODALITY', field: 'modality' },
  { item: 'CLINICAL TRIAL INDICATOR', field: 'clinicalTrial' },
  { item: 'CANCER CARE SETTING (TREATMENT)', field: 'careSetting' },
  { item: 'CANCER CARE SPELL DELAY REASON (DECISION TO TREATMENT)', field: 'dttDelayReason' },
  {
    item: 'CANCER CARE SPELL DELAY REASON COMMENT (DECISION TO TREATMENT)',
    field: 'dttDelayComment',
  },
  { item: 'WAITING TIME ADJUSTMENT (TREATMENT)', field: 'treatmentAdjustmentDays' },
  { item: 'WAITING TIME ADJUSTMENT REASON (TREATMENT)', field: 'treatmentAdjustmentReason' },
  { item: 'CANCER CARE SPELL DELAY REASON (REFERRAL TO TREATMENT)', field: 'rttDelayReason' },
  {
    item: 'CANCER CARE SPELL DELAY REASON COMMENT (REFERRAL TO TREATMENT)',
    field: 'rttDelayComment',
  },
  { item: 'CANCER CARE SPELL DELAY REASON (CONSULTANT UPGRADE)', field: 'upgradeDelayReason' },
  {
    item: 'CANCER CARE SPELL DELAY REASON COMMENT (CONSULTANT UPGRADE)',
    field: 'upgradeDelayComment',
  },
]

/** Letters and digits only, lower case: `Date of Receipt (Referral)` and `date_of_receipt_referral` are one. */
export function plainName(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

/** An item's name as an XML element: `NHS NUMBER STATUS INDICATOR CODE` is `NHSNumberStatusIndicatorCode`. */
export function elementName(item: string): string {
  return item
    .split(/[^A-Z0-9]+/)
    .map((word) => (ACRONYMS.has(word) ? word : word.charAt(0) + word.slice(1).toLowerCase()))
    .join('')
}

const ACRONYMS: ReadonlySet<string> = new Set(['NHS', 'ICD'])
