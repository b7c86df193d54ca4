import { storableText } from '../../../shared/storable-text.ts'
import { csvCells } from './csv.ts'
import type { OwnColumns } from './format.ts'
import { badFile } from './format.ts'
import { otherSeparator } from './ncwtmds-csv.ts'
import type { PtlColumn } from './ptl-columns.ts'
import { nearestColumn, ptlColumn, ptlMeaning } from './ptl-columns.ts'

const LONGEST_NAME = 60
/** A number of somebody or a date: no name of a column has one, and of a record nothing may be shown. */
const A_VALUE = /\d{4}|\d[/.-]\d/

/**
 * What each column of a PTL header becomes. [FEED-6]
 * @throws Refusal `bad-file` naming each column that is not known, given twice, or missing [FEED-6]; those not known
 * stand in `unknownColumns` of its answer too, for somebody to say what they mean [FEED-44]
 */
export function readHeader(text: string, own: OwnColumns): readonly PtlColumn[] {
  const names = (csvCells(text) ?? []).map((name) => name.trim())
  if (names.length < 2) {
    const separator = otherSeparator(text)
    throw badFile(
      separator === null
        ? 'The first row is not a header of at least two columns.'
        : `The columns of the header are separated by ${separator}; separate them by commas.`,
    )
  }
  if (names.some((name) => A_VALUE.test(name))) {
    throw badFile(
      'The first row holds numbers or dates, so it is a record; a header with the names of the columns is wanted first.',
    )
  }
  const unnamed = names.flatMap((name, at) => (name === '' ? [at + 1] : []))
  if (unnamed.length > 0) {
    throw badFile(
      `Columns of the header without a name: ${unnamed.slice(0, 20).join(', ')} of ${names.length}. The first row is to ` +
        'hold the names of all columns; a spreadsheet writes commas for empty ones beside or above a table. Leave those out.',
    )
  }
  const columns: PtlColumn[] = []
  const unknown: string[] = []
  for (const name of names) {
    const column = ptlColumn(name) ?? ptlMeaning(own(name) ?? '')
    if (column === undefined) unknown.push(shown(name))
    else if (column !== 'ignored' && columns.includes(column)) {
      throw badFile(`Two columns of the header mean ${column}; the second is "${shown(name)}".`)
    }
    columns.push(column ?? 'ignored')
  }
  if (unknown.length > 0) {
    throw badFile(
      `Columns of the header that are not known: ${unknown.slice(0, 20).map(described).join(', ')}. ` +
        'Rename them to a known name, leave them out, or say on the page Feeds what they mean.',
      { unknownColumns: unknown },
    )
  }
  if (!columns.includes('localId') && !(columns.includes('ppid') && columns.includes('ppidIssuer')))
    throw badFile(
      'The header has no record key: a column localId, or the two columns ppid and ppidIssuer, are wanted.',
    )
  return columns
}

function described(name: string): string {
  const near = nearestColumn(name)
  return near === null ? `"${name}"` : `"${name}" (near: ${near})`
}

/** A header is the sender's text, and told shortly. */
function shown(name: string): string {
  return storableText(name.slice(0, LONGEST_NAME))
}
