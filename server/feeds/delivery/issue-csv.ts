import { stringify } from 'csv-stringify/sync'
import type { Issue } from '../../../shared/delivery.ts'

const COLUMNS = [
  'rowNumber',
  'recordKey',
  'field',
  'code',
  'severity',
  'message',
  'fix',
] as const satisfies readonly (keyof Issue)[]
const PAGE = 1_000

/**
 * Issues as CSV, page by page. A cell that a spreadsheet would take for a formula is made text: record keys are
 * whatever a sender wrote. [FEED-22]
 * @param next the issues after an ordinal, in order; none at the end
 */
export async function* issueCsv(
  next: (ordinal: number, limit: number) => Promise<readonly (Issue & { ordinal: number })[]>,
): AsyncGenerator<string> {
  yield stringify([[...COLUMNS]])
  let ordinal = 0
  for (;;) {
    const page = await next(ordinal, PAGE)
    const last = page.at(-1)
    if (last === undefined) return
    yield stringify(
      page.map((issue) => COLUMNS.map((column) => issue[column])),
      { escape_formulas: true },
    )
    ordinal = last.ordinal
  }
}
