import { z } from 'zod'
import { issue } from './delivery.ts'

/** Days a refused row is kept for somebody to mend; then it lapses and its content goes. [FEED-42] */
export const REFUSED_ROW_DAYS = 30

/** A row that was refused and waits for somebody. Its values are read singly, each read audited. */
export const refusedRow = z.object({
  id: z.uuid(),
  feed: z.string(),
  deliveryId: z.uuid(),
  rowNumber: z.number().int(),
  /** '' where no key could be read. */
  recordKey: z.string(),
  format: z.string(),
  refusedAt: z.iso.datetime(),
  lapsesAt: z.iso.datetime(),
  issues: z.array(issue),
  /** False where rows of this format are mended at their source and sent again. */
  correctable: z.boolean(),
})
export type RefusedRow = z.infer<typeof refusedRow>

export const refusedRowPage = z.object({
  rows: z.array(refusedRow),
  waiting: z.number().int(),
  next: z.uuid().nullable(),
})
export type RefusedRowPage = z.infer<typeof refusedRowPage>

const cell = z.strictObject({ name: z.string().max(80), value: z.string().max(524_288) })
/** Name of the one cell of a row that is corrected as one piece of text. */
export const WHOLE_RECORD = 'record'

/** The row with its values; one cell `record` when it cannot be taken apart, as of HL7 and FHIR. */
export const refusedRowContent = refusedRow.extend({ cells: z.array(cell) })
export type RefusedRowContent = z.infer<typeof refusedRowContent>

/** Every cell, corrected or not. */
export const correctionBody = z.strictObject({ cells: z.array(cell).min(1).max(200) })
export const dismissalBody = z.strictObject({ reason: z.string().trim().min(5).max(200) })

/** A code that is in no list. */
const unmappedCode = z.object({
  field: z.string(),
  code: z.string(),
  count: z.number().int(),
  lastSeenAt: z.iso.datetime(),
  deliveryId: z.uuid(),
  rowNumber: z.number().int(),
})

const codeMapping = z.object({
  field: z.string(),
  from: z.string(),
  to: z.string(),
  by: z.string(),
  at: z.iso.datetime(),
})

export const codeTable = z.object({
  codes: z.array(unmappedCode),
  mappings: z.array(codeMapping),
  /** What may be chosen, for each field that stands above. */
  options: z.record(z.string(), z.array(z.object({ code: z.string(), label: z.string() }))),
})
export type CodeTable = z.infer<typeof codeTable>

export const mappingBody = z.strictObject({
  field: z.string().max(60),
  from: z.string().trim().min(1).max(60),
  /** null takes the mapping away. */
  to: z.string().max(60).nullable(),
})
export const mappingDone = z.object({
  /** Rows of the queue that were sent again, and of these taken. */
  resubmitted: z.number().int(),
  taken: z.number().int(),
})
export type MappingDone = z.infer<typeof mappingDone>
