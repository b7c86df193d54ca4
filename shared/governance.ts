import { z } from 'zod'
import { role } from './vocabulary.ts'

/*
 * What people who keep, open and watch over the record are shown: people, openings, audit, erasure, retention. [IG-2,
 * IG-5, IG-9, IG-12]
 */

/** Somebody who may sign in, or could. */
export const keptPerson = z.object({
  id: z.uuid(),
  name: z.string(),
  role,
  organisation: z.string(),
  /** Subject at the provider, told to those who write people. */
  subject: z.string().nullable(),
  active: z.boolean(),
})
export type KeptPerson = z.infer<typeof keptPerson>

export const openingOutcome = z.enum(['justified', 'notJustified'])

/** One identity opened outside its pathway's organisations. */
export const opening = z.object({
  id: z.uuid(),
  entryId: z.number().int(),
  /** The trusts on the pathway, to be asked what they know of it. */
  organisations: z.array(z.string()),
  by: z.string(),
  role,
  organisation: z.string(),
  reason: z.string(),
  at: z.string(),
  endsAt: z.string(),
  /** How often the identity was read while it was open. */
  reads: z.number().int(),
  outcome: openingOutcome.nullable(),
  reviewNote: z.string().nullable(),
  reviewedAt: z.string().nullable(),
})
export type Opening = z.infer<typeof opening>

const text = z.string().nullable()
/** An event of the audit; the hashes make it possible to prove it elsewhere. */
export const auditLine = z.object({
  id: z.number().int(),
  at: z.string(),
  personId: text,
  by: text,
  organisation: text,
  role: text,
  action: z.string(),
  subject: z.string(),
  reason: text,
  requestId: text,
  address: text,
  hash: z.string(),
})
export type AuditLine = z.infer<typeof auditLine>

/** What a walk along the chain of the audit found. */
export const auditVerdict = z.object({
  ok: z.boolean(),
  events: z.number().int(),
  /** The id up to which events were cut off by rule; 0 for none. */
  cutThrough: z.number().int().optional(),
  /** The first id that does not follow from the one before it. */
  brokenAt: z.number().int().optional(),
  why: z.string().optional(),
})
export type AuditVerdict = z.infer<typeof auditVerdict>

/** What proves that something was erased, without saying whose it was. */
export const erasureCertificate = z.object({
  id: z.uuid(),
  at: z.string(),
  rule: z.string(),
  reason: z.string(),
  pathways: z.number().int(),
  /** Rows taken away or emptied, by table. */
  rows: z.record(z.string(), z.number()),
  /** SHA-256 of the erased pathways' ids, joined by commas. */
  digest: z.string(),
  /** When it was lifted: from then on the trust's records are taken again. null: it stands. [IG-14] */
  liftedAt: z.string().nullable(),
})
export type ErasureCertificate = z.infer<typeof erasureCertificate>

const kept = z.object({
  years: z.number().int(),
  held: z.number().int(),
  oldestAt: text,
  /** Past their time, and not yet taken away. */
  overdue: z.number().int(),
})

/** How the rules of retention stand: what is held, the oldest of it, and every cut of the audit. */
export const retention = z.object({
  closedPathways: kept,
  auditEvents: kept,
  cuts: z.array(z.object({ at: z.string(), rule: z.string(), events: z.number().int() })),
})
export type Retention = z.infer<typeof retention>
