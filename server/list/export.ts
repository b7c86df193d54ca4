import { stringify } from 'csv-stringify/sync'
import writeXlsxFile from 'write-excel-file/node'
import { isIsoDate } from '../../shared/date.ts'
import type { ListFilter, ListRow } from '../../shared/list.ts'
import { SUGGESTION_STATES } from '../../shared/suggestion.ts'
import { BANDS, ESCALATIONS, ROUTES, STANDARDS, STEPS, TUMOURS } from '../../shared/vocabulary.ts'
import type { LiveList, Viewer } from './live-entry.ts'

const ROWS_A_SLICE = 1_000
/** More than this is no work list, and a spreadsheet of it is built in memory. */
export const XLSX_ROWS_LIMIT = 50_000

type Cell = string | number | null

type SheetCell =
  | { value: string; type: typeof String; fontWeight?: 'bold' }
  | { value: number; type: typeof Number }
  | { value: Date; type: typeof Date; format: string }
const WIDE: ReadonlySet<string> = new Set(['Next action', 'Because'])

const COLUMNS: readonly (readonly [heading: string, of: (row: ListRow) => Cell])[] = [
  ['Rank', (row) => row.rank],
  ['Pseudonym', (row) => row.pseudonym],
  ['Trust', (row) => row.trust],
  ['Also at', (row) => row.alsoAt.join(' ')],
  ['Tumour group', (row) => TUMOURS[row.tumour]],
  ['Route', (row) => ROUTES[row.route]],
  ['Next step', (row) => (row.step === null ? null : STEPS[row.step])],
  ['Step worked out', (row) => (row.stepInferred ? 'yes' : 'no')],
  ['Booked on', (row) => row.stepBookedOn],
  ['Received on', (row) => row.receivedOn],
  ['Days waited', (row) => row.waitDays],
  ['Band', (row) => (row.band === null ? null : `${BANDS[row.band]} days`)],
  ['Day 28 target', (row) => row.clocks.fds28?.targetOn ?? null],
  ['Day 31 target', (row) => row.clocks.dtt31?.targetOn ?? null],
  ['Day 62 target', (row) => row.clocks.rtt62?.targetOn ?? null],
  ['Next breach', (row) => (row.nextBreach === null ? null : STANDARDS[row.nextBreach.standard])],
  ['Next breach on', (row) => row.nextBreach?.on ?? null],
  ['Days left', (row) => row.nextBreach?.daysLeft ?? null],
  ['Priority', (row) => row.priority?.code ?? null],
  ['Next action', (row) => row.nextAction?.text ?? null],
  ['Owner', (row) => row.nextAction?.owner ?? null],
  ['Action due', (row) => row.nextAction?.dueOn ?? null],
  ['Escalated', (row) => (row.escalation === 'none' ? 'no' : 'yes')],
  ['Escalation', (row) => ESCALATIONS[row.escalation]],
  ['Suggestion', (row) => (row.suggestion === null ? null : stateWords(row.suggestion))],
  ['Tier', (row) => row.tier],
  ['Points', (row) => row.points],
  ['Because', (row) => row.because],
]

/**
 * The list as CSV, exactly the filter, in rank order; text a spreadsheet would take for a formula is escaped.
 * By key, a slice at a time: who moves meanwhile is neither lost nor written twice unless they cross the place
 * the writing has reached.
 */
export async function* csvExport(
  list: LiveList,
  filter: ListFilter,
  viewer: Viewer,
): AsyncGenerator<string> {
  // The mark tells a spreadsheet that this is UTF-8.
  yield `\ufeff${asCsv([COLUMNS.map(([heading]) => heading)])}`
  for await (const rows of slices(list, filter, viewer))
    yield asCsv(rows.map((row) => COLUMNS.map(([, of]) => of(row))))
}

/** The same as a spreadsheet; text cells are text, so nothing in them is a formula. */
export async function xlsxExport(
  list: LiveList,
  filter: ListFilter,
  viewer: Viewer,
): Promise<Buffer> {
  const sheet: SheetCell[][] = []
  sheet.push(COLUMNS.map(([heading]) => ({ value: heading, type: String, fontWeight: 'bold' })))
  for await (const rows of slices(list, filter, viewer)) {
    for (const row of rows) {
      sheet.push(COLUMNS.map(([, of]) => sheetCell(of(row))))
    }
  }
  const columns = COLUMNS.map(([heading]) => ({ width: WIDE.has(heading) ? 36 : 16 }))
  const named = { sheet: `List ${list.asOf()}`, stickyRowsCount: 1, columns }
  return writeXlsxFile(sheet, named).toBuffer()
}

/** A date is a date there, that sorts and filters as one, and a number a number; all else is text. */
function sheetCell(cell: Cell): SheetCell {
  if (cell === null) return { value: '', type: String }
  if (typeof cell === 'number') return { value: cell, type: Number }
  if (!isIsoDate(cell)) return { value: cell, type: String }
  return { value: new Date(`${cell}T00:00:00Z`), type: Date, format: 'dd/mm/yyyy' }
}

async function* slices(
  list: LiveList,
  filter: ListFilter,
  viewer: Viewer,
): AsyncGenerator<readonly ListRow[]> {
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = list.pageAfter(filter, cursor, ROWS_A_SLICE, viewer)
    yield page.rows
    cursor = page.nextCursor
    await new Promise(setImmediate)
  }
}

function asCsv(records: readonly (readonly Cell[])[]): string {
  return stringify([...records], { escape_formulas: true, record_delimiter: 'windows' })
}

function stateWords(state: string): string {
  return Object.entries(SUGGESTION_STATES).find(([code]) => code === state)?.[1] ?? state
}
