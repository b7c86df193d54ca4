import type { FieldName } from './facts.ts'
import { FACT_NAMES, IDENTITY_NAMES } from './facts.ts'
import { NATIONAL_COLUMNS, plainName } from '../../domain/codes/national-items.ts'

/** What a column of a PTL extract becomes: a field, a part of one, or nothing. */
export type PtlColumn =
  | FieldName
  | 'forename'
  | 'surname'
  | 'priorityScale'
  | 'priorityCode'
  | 'prioritySetOn'
  | 'recordAction'
  | 'ignored'

/**
 * Column names met in extracts of the Somerset Cancer Register and InfoFlex, by what they become. One trust's
 * mapping, kept as data: a trust with other names adds them here. Case, spaces and punctuation do not count; every
 * field's own name and the data dictionary's name are understood without being listed. [FEED-6]
 */
const ALIASES: Readonly<Partial<Record<PtlColumn, readonly string[]>>> = {
  localId: ['Care ID', 'Record ID', 'SCR ID', 'Pathway Record ID', 'Unique ID', 'Tracking ID'],
  nhsNumber: ['NHS No', 'NHS Num'],
  hospitalNumber: ['Hospital No', 'Hosp No', 'MRN', 'Unit Number', 'PAS ID', 'K Number'],
  name: ['Patient Name', 'Full Name'],
  forename: ['First Name', 'Given Name', 'Patient Forename'],
  surname: ['Last Name', 'Family Name', 'Patient Surname'],
  dateOfBirth: ['DOB', 'Birth Date', 'Date Birth'],
  postcode: ['Post Code', 'Patient Postcode'],
  ppid: ['Pathway ID', 'Patient Pathway ID', 'PPI', 'Unique Pathway ID', 'UPI'],
  ppidIssuer: ['Pathway Issuer', 'PPID Issuing Organisation', 'Organisation Code PPI Issuer'],
  referralSource: ['Source of Referral', 'Referral Source Code'],
  priorityType: ['Referral Priority', 'Priority Type', 'Urgency'],
  decisionToReferOn: ['Decision to Refer Date', 'Date of Decision to Refer'],
  receivedOn: [
    'Referral Received Date',
    'Date of Receipt of Referral',
    'Referral Date',
    'Date Referral Received',
    'RTT Start Date',
    'Clock Start Date',
  ],
  referralType: ['2WW Type', 'Two Week Wait Referral Type', 'Suspected Cancer Type Code'],
  upgradedOn: ['Consultant Upgrade Date', 'Upgrade Date'],
  upgradeSite: ['Upgrade Site', 'Consultant Upgrade Site'],
  firstSeenOn: ['Date First Seen', 'First Appointment Date', 'First Seen Date', 'OPA Date'],
  firstSeenSite: ['First Seen Site', 'Site First Seen'],
  firstSeenAdjustmentDays: ['First Seen Adjustment', 'WTA First Seen'],
  firstSeenAdjustmentReason: ['First Seen Adjustment Reason', 'WTA Reason First Seen'],
  patientStatus: ['Cancer Status', 'Patient Status', 'Status'],
  diagnosis: ['ICD10', 'ICD-10 Code', 'Primary Diagnosis', 'Diagnosis Code'],
  laterality: ['Tumour Laterality'],
  dttOn: ['Decision to Treat Date', 'DTT Date', 'Date Decision to Treat', 'DTT'],
  dttSite: ['Decision to Treat Site', 'DTT Site'],
  ecadOn: ['ECAD', 'Earliest Clinically Appropriate Date'],
  toldOn: ['FDS End Date', 'Date Patient Told', 'FDP End Date', 'Date Diagnosis Communicated'],
  toldSite: ['FDS End Site', 'Site Patient Told'],
  fdsEndReason: ['FDS End Reason', 'FDP End Reason'],
  fdsExclusion: ['FDS Exclusion Reason', 'FDP Exclusion Reason'],
  iptRequestedOn: ['IPT Sent Date', 'Transfer Sent Date', 'Tertiary Referral Date'],
  iptReceivedOn: ['IPT Received Date', 'Transfer Received Date'],
  iptReferrer: ['IPT Referring Organisation', 'Transferred From'],
  iptReceiver: ['IPT Receiving Organisation', 'Transferred To'],
  treatedOn: [
    'Treatment Date',
    'First Treatment Date',
    'Treatment Start Date',
    'Date of Treatment',
  ],
  treatmentSite: ['Treatment Site', 'Site of Treatment'],
  treatmentEvent: ['Treatment Event Type'],
  modality: ['Treatment Modality', 'Treatment Type'],
  rttDelayReason: ['62 Day Delay Reason', 'Breach Reason'],
  rttDelayComment: ['62 Day Delay Comment', 'Breach Comments'],
  tumour: ['Cancer Type', 'Tumour Site', 'Tumour Group', 'Cancer Site', 'Suspected Cancer Type'],
  subtype: ['Sub Type', 'Cancer Sub Type', 'Suspected Cancer Subtype'],
  step: ['Next Step', 'Awaiting', 'Current Step', 'Next Event'],
  stepRequestedOn: ['Next Step Requested', 'Date Requested', 'Request Date'],
  stepBookedOn: ['Next Step Booked', 'Next Event Date', 'Appointment Date', 'Booked Date'],
  stepBookedSite: ['Next Step Site', 'Booked Site'],
  priorityScale: ['Priority Scale', 'Clinical Priority Scale'],
  priorityCode: ['Clinical Priority', 'Priority Code', 'P Code'],
  prioritySetOn: ['Priority Date', 'Clinical Priority Date'],
  fit: ['FIT Result', 'FIT ug/g'],
  ageYears: ['Age'],
  sex: ['Gender'],
  deprivationDecile: ['IMD Decile'],
  ethnicity: ['Ethnic Category', 'Ethnicity Code'],
  travelLimitMinutes: ['Travel Limit', 'Max Travel Minutes'],
  needs: ['Patient Needs', 'Additional Needs'],
  performanceStatus: ['WHO Performance Status', 'ECOG', 'PS'],
  asa: ['ASA Grade'],
  bmi: ['Body Mass Index'],
  anaesthetic: ['Anaesthetic Type', 'Anaesthesia', 'Type of Anaesthetic', 'Planned Anaesthetic'],
  homeSite: ['Nearest Site', 'Local Site'],
  trackingNote: ['Tracking Comments', 'Tracking Notes', 'Last Tracking Comment', 'Comments'],
  trackingNoteOn: ['Last Tracked', 'Tracking Date', 'Last Tracking Date', 'Date Last Tracked'],
  nextAction: ['Next Action', 'Action Required', 'Action'],
  nextActionOwner: ['Action Owner', 'Next Action Owner', 'Owner'],
  nextActionDueOn: ['Action Due Date', 'Next Action Date', 'Due Date'],
  escalated: ['Escalated Flag', 'Escalation'],
  closedOn: ['Pathway End Date', 'Removed Date', 'Date Closed'],
  closedReason: ['Pathway End Reason', 'Removal Reason', 'Reason Closed'],
  recordAction: ['Record Action', 'Row Action'],
  ignored: [
    'Trust',
    'Days Waiting',
    'Days on Pathway',
    'Days to Breach',
    'Days to Next Breach',
    'Breach Date',
    '28 Day Target',
    '62 Day Target',
    '31 Day Target',
    'Current Wait',
    'GP Practice',
    'GP Name',
    'Consultant',
    'Key Worker',
    'CNS',
    'MDT Date',
    'Extract Date',
  ],
}

/** Every meaning that a column can be given, with a name people know it by. */
export const PTL_COLUMNS: readonly { readonly code: PtlColumn; readonly label: string }[] = [
  ...new Set<PtlColumn>([...columnsOf(ALIASES), ...FACT_NAMES, ...IDENTITY_NAMES]),
].map((code) => ({
  code,
  label: code === 'ignored' ? 'nothing: the column is passed over' : (ALIASES[code]?.[0] ?? code),
}))

function columnsOf(aliases: typeof ALIASES): readonly PtlColumn[] {
  return Object.keys(aliases) as PtlColumn[]
}

const BY_CODE: ReadonlyMap<string, PtlColumn> = new Map(PTL_COLUMNS.map(({ code }) => [code, code]))

/** The meaning of this name; undefined when there is none such. */
export function ptlMeaning(code: string): PtlColumn | undefined {
  return BY_CODE.get(code)
}

/** What the column of this name becomes; undefined for a name nobody listed. */
export function ptlColumn(header: string): PtlColumn | undefined {
  return BY_NAME.get(plainName(header))
}

/** The listed name that is nearest to an unknown one, for the message; null when none is near. */
export function nearestColumn(header: string): string | null {
  const wanted = plainName(header)
  if (wanted.length < 4) return null
  for (const [name, column] of BY_NAME) {
    const isNear = name.length >= 4 && (name.includes(wanted) || wanted.includes(name))
    if (isNear) return column === 'ignored' ? name : column
  }
  return null
}

const BY_NAME: ReadonlyMap<string, PtlColumn> = new Map<string, PtlColumn>([
  ...NATIONAL_COLUMNS.map(({ item, field }) => [plainName(item), field] as const),
  ...Object.entries(ALIASES).flatMap(([column, names]) =>
    names.map((name) => [plainName(name), column as PtlColumn] as const),
  ),
  ...[...FACT_NAMES, ...IDENTITY_NAMES, 'forename', 'surname'].map(
    (name) => [plainName(name), name as PtlColumn] as const,
  ),
])
