import { z } from 'zod'
import { anaesthetic, patientNeed } from './capacity.ts'
import { isoDate } from './date.ts'
import { odsOrganisation, odsSite, priorityScale, step, tumour } from './vocabulary.ts'

const code = z.string().regex(/^[A-Za-z0-9]{1,4}$/)
const text = z.string().min(1).max(1000)
const adjustmentDays = z.number().int().min(0).max(999)

/**
 * What one trust says of one pathway: the canonical entry every feed format is turned into.
 *
 * The 54 national items (NCWTMDS v2.1) less the NHS number, then what a PTL extract carries beyond
 * them. A fact that is not known is absent, never null or ''. Dates are calendar dates; codes are the
 * national ones as written. Nothing here names a person: that is `identity`.
 */
export const entryFacts = z.strictObject({
  /** The trust's own record key; with the trust it is the upsert key. National CSV: `<issuer>:<ppid>`. */
  localId: z.string().min(1).max(64),

  // patient and pathway identification
  nhsNumberStatus: code.optional(),
  ppid: z.string().min(1).max(20).optional(),
  ppidIssuer: odsOrganisation.optional(),

  // outpatient services
  referralSource: code.optional(),
  priorityType: code.optional(),
  decisionToReferOn: isoDate.optional(),
  receivedOn: isoDate.optional(),
  referralType: code.optional(),
  upgradedOn: isoDate.optional(),
  upgradeSite: odsSite.optional(),
  firstSeenOn: isoDate.optional(),
  firstSeenSite: odsSite.optional(),
  firstSeenAdjustmentDays: adjustmentDays.optional(),
  firstSeenAdjustmentReason: code.optional(),
  firstSeenDelayReason: code.optional(),
  firstSeenDelayComment: text.optional(),
  diagnosticRoute: code.optional(),
  rdcCompliance: code.optional(),

  // patient status and diagnosis
  patientStatus: code.optional(),
  diagnosis: z
    .string()
    .regex(/^[A-Z]\d{2}[0-9A-Z]{0,3}$/)
    .optional(),
  laterality: code.optional(),
  dttOn: isoDate.optional(),
  dttSite: odsSite.optional(),
  iptReceivedOn: isoDate.optional(),
  prostateRisk: code.optional(),
  fdsEndReason: code.optional(),
  fdsPrimarySite: code.optional(),
  /** Cancer Faster Diagnosis Pathway End Date: the day the person was told. */
  toldOn: isoDate.optional(),
  fdsDelayReason: code.optional(),
  fdsDelayComment: text.optional(),
  fdsExclusion: code.optional(),
  fdsProfessional: code.optional(),
  fdsMethod: code.optional(),
  toldSite: odsSite.optional(),
  iptRequestedOn: isoDate.optional(),
  iptReferrer: odsOrganisation.optional(),
  iptReceiver: odsOrganisation.optional(),
  iptReferringReason: code.optional(),
  iptReceivingReason: code.optional(),

  // treatment events
  treatedOn: isoDate.optional(),
  treatmentSite: odsSite.optional(),
  treatmentEvent: code.optional(),
  modality: code.optional(),
  clinicalTrial: code.optional(),
  careSetting: code.optional(),
  dttDelayReason: code.optional(),
  dttDelayComment: text.optional(),
  treatmentAdjustmentDays: adjustmentDays.optional(),
  treatmentAdjustmentReason: code.optional(),
  rttDelayReason: code.optional(),
  rttDelayComment: text.optional(),
  upgradeDelayReason: code.optional(),
  upgradeDelayComment: text.optional(),

  // beyond the national set: what a trust's PTL extract knows
  tumour: tumour.optional(),
  subtype: text.optional(),
  /** First appointments missed without notice; each counts by rule CLK, days from clock start. */
  missedFirstAppointments: z.array(isoDate).max(20).optional(),
  /** Periods the person asked to wait, between DTT and treatment. `to` is the day they were available again. */
  pauses: z
    .array(z.strictObject({ from: isoDate, to: isoDate, reason: code }))
    .max(20)
    .optional(),
  ecadOn: isoDate.optional(),
  /** The step awaited now, as the trust says; inferred from the facts when absent. */
  step: step.optional(),
  stepRequestedOn: isoDate.optional(),
  stepBookedOn: isoDate.optional(),
  stepBookedSite: odsSite.optional(),
  priority: z
    .strictObject({ scale: priorityScale, code: z.string().max(4), setOn: isoDate })
    .optional(),
  /** Calibrated probability of cancer, 0..1. Advisory. */
  riskScore: z.number().min(0).max(1).optional(),
  /** FIT in ug/g. */
  fit: z.number().min(0).max(10_000).optional(),
  ageYears: z.number().int().min(0).max(125).optional(),
  sex: z.enum(['female', 'male', 'other']).optional(),
  /** Equity reporting only; never a ranking input. */
  deprivationDecile: z.number().int().min(1).max(10).optional(),
  ethnicity: code.optional(),
  /** How far the person said they would travel. Absent: not asked yet. */
  travelLimitMinutes: z.number().int().min(0).max(1440).optional(),
  needs: z.array(patientNeed).max(3).optional(),
  performanceStatus: z.number().int().min(0).max(4).optional(),
  bmi: z.number().min(5).max(120).optional(),
  asa: z.number().int().min(1).max(6).optional(),
  /** What the awaited step is to be done under. */
  anaesthetic: anaesthetic.optional(),
  homeSite: odsSite.optional(),
  trackingNote: text.optional(),
  trackingNoteOn: isoDate.optional(),
  nextAction: text.optional(),
  nextActionOwner: z.string().min(1).max(100).optional(),
  nextActionDueOn: isoDate.optional(),
  escalated: z.boolean().optional(),
  /** The trust says the pathway ended without treatment; reason in words. */
  closedOn: isoDate.optional(),
  closedReason: z.string().min(1).max(100).optional(),
})
export type EntryFacts = z.infer<typeof entryFacts>
export type FactName = keyof EntryFacts

/** Who the pathway belongs to. Kept apart, encrypted, read only by the entitled, each read audited. */
export const identity = z.strictObject({
  nhsNumber: z
    .string()
    .regex(/^\d{10}$/)
    .optional(),
  name: z.string().min(1).max(200).optional(),
  dateOfBirth: isoDate.optional(),
  hospitalNumber: z.string().min(1).max(40).optional(),
  postcode: z.string().min(2).max(10).optional(),
})
export type Identity = z.infer<typeof identity>

/** A line of a feed, parsed: facts, identity, where it stood. `rowNumber` counts records from 1. */
export interface ParsedEntry {
  readonly rowNumber: number
  readonly facts: EntryFacts
  readonly identity: Identity
  /** The facts as read, written down in passing; of no use once `facts` are others. */
  readonly written?: WrittenFacts
}

/** Facts, and their fields as the text that `JSON.stringify` makes of them: for these facts and no copy of them. */
export interface WrittenFacts {
  readonly facts: EntryFacts
  /** `"name":value` each, in order. Put together at the end: a text that grows costs the garbage collector twice. */
  readonly parts: readonly string[]
}
