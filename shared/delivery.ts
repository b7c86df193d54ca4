import { z } from 'zod'
import { odsOrganisation } from './vocabulary.ts'

/** One thing wrong with a row. Never holds the value of an identifier. [FEED issues] */
export const issue = z.object({
  /** Record number in the delivery, from 1; 0 when the whole file is meant. */
  rowNumber: z.number().int().min(0),
  /** The trust's record key where one could be read, '' otherwise. */
  recordKey: z.string(),
  /** Field name as in `EntryFacts` or the source column; '' when the row is meant. */
  field: z.string(),
  /** Stable code such as `DQ-12`. */
  code: z.string(),
  severity: z.enum(['refuses-row', 'refuses-field', 'warns']),
  message: z.string(),
  fix: z.string(),
})
export type Issue = z.infer<typeof issue>

export const deliveryMode = z.enum(['snapshot', 'delta'])
export type DeliveryMode = z.infer<typeof deliveryMode>

export const deliveryState = z.enum(['running', 'done', 'refused', 'held', 'failed'])
export type DeliveryState = z.infer<typeof deliveryState>

export const deliveryCounts = z.object({
  read: z.number().int(),
  accepted: z.number().int(),
  unchanged: z.number().int(),
  changed: z.number().int(),
  added: z.number().int(),
  removed: z.number().int(),
  refused: z.number().int(),
})
export type DeliveryCounts = z.infer<typeof deliveryCounts>

/** How far a delivery under way is. */
export const deliveryProgress = z.object({
  rowsRead: z.number().int(),
  rowsPerSecond: z.number(),
  /** Until the body is read, at this rate; null while nobody can tell. */
  secondsLeft: z.number().nullable(),
})
export type DeliveryProgress = z.infer<typeof deliveryProgress>

/** What a trust gets back. `accepted = unchanged + changed + added`; `read = accepted + refused`. */
export const receipt = z.object({
  id: z.uuid(),
  trust: odsOrganisation,
  /** Which of the trust's feeds, as its key says. */
  feed: z.string(),
  state: deliveryState,
  mode: deliveryMode,
  format: z.string(),
  dryRun: z.boolean(),
  /** Of a sandbox key: answered as live, kept nowhere. */
  sandbox: z.boolean(),
  receivedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  counts: deliveryCounts,
  /** The first 50; the rest at `issues.csv`. */
  issues: z.array(issue),
  issueCount: z.number().int(),
  /** Why a file was refused, held or failed, in words; null when all is well. */
  reason: z.string().nullable(),
  /** Held and approved by somebody of the trust: until then the next snapshot that closes no more goes in. [FEED-11] */
  approvedUntil: z.iso.datetime().nullable(),
  /** While it runs, and for longer than a second. [FEED-40] */
  progress: deliveryProgress.nullable(),
})
export type Receipt = z.infer<typeof receipt>
