import { z } from 'zod'

/*
 * The words everybody shares, each list once. Types come from the lists, labels sit beside them.
 */

/** Tumour groups of a PTL. Suspected and diagnosed alike; `nonSpecific` is the rapid diagnostic route. */
export const TUMOURS = {
  brain: 'Brain and CNS',
  breast: 'Breast',
  children: "Children's",
  gynaecological: 'Gynaecological',
  haematological: 'Haematological',
  lymphoma: 'Lymphoma',
  headNeck: 'Head and neck',
  hpb: 'Hepatobiliary and pancreas',
  lowerGi: 'Lower GI',
  lung: 'Lung',
  nonSpecific: 'Non-specific symptoms',
  other: 'Other',
  prostate: 'Prostate',
  sarcoma: 'Sarcoma',
  skin: 'Skin',
  upperGi: 'Upper GI',
  urological: 'Urological',
} as const
export type Tumour = keyof typeof TUMOURS
export const tumour = z.enum(Object.keys(TUMOURS) as [Tumour, ...Tumour[]])

/** The step a person waits for next, and the kind of slot a site offers. */
export const STEPS = {
  clinic: 'First clinic',
  ct: 'CT',
  mri: 'MRI',
  petCt: 'PET-CT',
  ultrasound: 'Ultrasound',
  mammogram: 'Mammogram and one-stop',
  ebus: 'EBUS',
  eus: 'EUS',
  bronchoscopy: 'Bronchoscopy',
  ctBiopsy: 'CT-guided biopsy',
  usBiopsy: 'Ultrasound-guided biopsy',
  prostateBiopsy: 'Prostate biopsy',
  colonoscopy: 'Colonoscopy',
  ogd: 'OGD',
  hysteroscopy: 'Hysteroscopy',
  cystoscopy: 'Cystoscopy',
  nasendoscopy: 'Nasendoscopy',
  skinExcision: 'Skin lesion excision',
  mdt: 'MDT discussion',
  surgery: 'Surgery',
  sact: 'SACT',
  radiotherapy: 'Radiotherapy',
} as const
export type Step = keyof typeof STEPS
export const step = z.enum(Object.keys(STEPS) as [Step, ...Step[]])

/** How a person came onto the pathway, derived from the referral codes. [CLK routes] */
export const ROUTES = {
  usc: 'Urgent suspected cancer',
  breastSymptomatic: 'Breast symptomatic',
  screening: 'Screening',
  upgrade: 'Consultant upgrade',
  unknown: 'Unknown route',
} as const
export type Route = keyof typeof ROUTES
export const route = z.enum(Object.keys(ROUTES) as [Route, ...Route[]])

/** The three standards. */
export const STANDARDS = {
  fds28: '28-day Faster Diagnosis',
  dtt31: '31-day decision to treatment',
  rtt62: '62-day referral to treatment',
} as const
export type Standard = keyof typeof STANDARDS
export const standard = z.enum(Object.keys(STANDARDS) as [Standard, ...Standard[]])

/** Days waited, in the weekly return's columns. Day 62 is in 29-62; day 104 in 63-104. */
export const BANDS = {
  d0to28: '0-28',
  d29to62: '29-62',
  d63to104: '63-104',
  over104: 'over 104',
} as const
export type Band = keyof typeof BANDS
export const band = z.enum(Object.keys(BANDS) as [Band, ...Band[]])

/** How the next action of a pathway stands on a day. */
export const ACTION_STATES = {
  missing: 'None set',
  overdue: 'Overdue',
  today: 'Due today',
  planned: 'Due later',
  undated: 'No date',
} as const
export type ActionState = keyof typeof ACTION_STATES
export const actionState = z.enum(Object.keys(ACTION_STATES) as [ActionState, ...ActionState[]])

/** Whether a pathway is escalated, and whether somebody has said that they deal with it. */
export const ESCALATIONS = {
  none: 'Not escalated',
  waiting: 'Not acknowledged',
  acknowledged: 'Acknowledged',
} as const
export type Escalation = keyof typeof ESCALATIONS
export const escalation = z.enum(Object.keys(ESCALATIONS) as [Escalation, ...Escalation[]])

/** Clinical priority scales. Codes and time frames are policy data, not constants. */
export const PRIORITY_SCALES = {
  surgery: 'Surgery (FSSA P1-P6)',
  diagnostics: 'Diagnostics (D1-D4)',
  sact: 'SACT (1-6)',
  radiotherapy: 'Radiotherapy (1-5)',
  colonoscopy: 'Colonoscopy (EP1-EP4)',
} as const
export type PriorityScale = keyof typeof PRIORITY_SCALES
export const priorityScale = z.enum(
  Object.keys(PRIORITY_SCALES) as [PriorityScale, ...PriorityScale[]],
)

/** What a person who signs in may be. The table of rights is in server/access. */
export const ROLES = {
  coordinator: 'MDT coordinator',
  clinician: 'Clinician',
  mdt: 'MDT member',
  lead: 'Alliance performance lead',
  trustAdmin: 'Trust administrator',
  allianceAdmin: 'Alliance administrator',
  auditor: 'Information governance auditor',
  readOnly: 'Read only',
} as const
export type Role = keyof typeof ROLES
export const role = z.enum(Object.keys(ROLES) as [Role, ...Role[]])

/** The topics of the live socket and of the change log. */
export const TOPICS = ['list', 'suggestions', 'capacity', 'feeds', 'measures'] as const
export type Topic = (typeof TOPICS)[number]
export const topic = z.enum(TOPICS)

/** ODS organisation code as written: 3-5 capitals or digits. Resolve by table, never by prefix. */
export const odsOrganisation = z.string().regex(/^[A-Z0-9]{3,5}$/, 'wants an ODS organisation code')
/** ODS site code: 5-9 capitals or digits. */
export const odsSite = z.string().regex(/^[A-Z0-9]{5,9}$/, 'wants an ODS site code')
