import type { z } from 'zod'
import { capacityDay } from '../../../shared/capacity.ts'
import type { CapacityDay } from '../../../shared/capacity.ts'
import type { Issue } from '../../../shared/delivery.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import { odsSite, step } from '../../../shared/vocabulary.ts'
import { rowIssue } from './format.ts'

/** Slots of one step at one site on one day, as one or more records of a file say them. */
export interface CapacityRow {
  /** Of the first record. */
  readonly rowNumber: number
  /** How many records say it: one of CSV or JSON, as many Slots of FHIR. */
  readonly records: number
  readonly site: string
  readonly step: Step
  readonly day: CapacityDay
}

/** What a capacity file holds. */
export interface CapacityFile {
  readonly rows: readonly CapacityRow[]
  /** Records refused, by an issue each. */
  readonly refused: number
  readonly issues: readonly Issue[]
}

/** Gathers what a format finds, each bucket once. */
export interface CapacityRows {
  /** @param said site and step, and the day as `capacityDay` takes it */
  add(rowNumber: number, said: Readonly<Record<string, unknown>>, records?: number): void
  refuse(rowNumber: number, issue: Pick<Issue, 'field' | 'code' | 'message' | 'fix'>): void
  file(): CapacityFile
}

const capacityRow = capacityDay.extend({ site: odsSite, step }).strict()

export function openCapacityRows(): CapacityRows {
  const rows: CapacityRow[] = []
  const issues: Issue[] = []
  const buckets = new Set<string>()
  let refused = 0
  function refuse(
    rowNumber: number,
    said: Parameters<CapacityRows['refuse']>[1],
    records = 1,
  ): void {
    refused += records
    issues.push(rowIssue(rowNumber, '', said))
  }
  return {
    refuse,
    add(rowNumber, said, records = 1) {
      const parsed = capacityRow.safeParse(said)
      if (!parsed.success) {
        refuse(rowNumber, wrongValue(parsed.error), records)
        return
      }
      const { site, step: named, ...day } = parsed.data
      const bucket = `${site} ${named} ${day.day}`
      if (buckets.has(bucket)) {
        refuse(rowNumber, REPEATED, records)
        return
      }
      buckets.add(bucket)
      rows.push({ rowNumber, records, site, step: named, day })
    },
    file: () => ({ rows, refused, issues }),
  }
}

const REPEATED = {
  field: 'day',
  code: 'FEED-80',
  message:
    'An earlier record says the same step at the same site on the same day; that one was taken.',
  fix: 'Send one record for a site, a step and a day.',
}

function wrongValue(error: z.ZodError): Parameters<CapacityRows['refuse']>[1] {
  const [first] = error.issues
  const field = first?.path.join('.') ?? ''
  const unknown = first?.code === 'unrecognized_keys' ? first.keys[0] : undefined
  return {
    field: unknown ?? field,
    code: unknown === undefined ? 'FEED-7' : 'FEED-6',
    message: unknown === undefined ? `${field}: ${first?.message ?? ''}.` : 'The key is not known.',
    fix: `Correct it and send the record again.`,
  }
}
