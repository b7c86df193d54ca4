import { NATIONAL_COLUMNS, elementName } from '../../server/domain/codes/national-items.ts'
import type { Cells } from './columns.ts'

/** The groups of the national data set, each with the number of its first item. */
const GROUPS = [
  ['PatientAndPathwayIdentification', 0],
  ['OutpatientServices', 4],
  ['PatientStatusAndDiagnosis', 19],
  ['TreatmentEvents', 40],
] as const

export const XML_FRAME = {
  head: '<?xml version="1.0" encoding="UTF-8"?>\n<CancerWaitingTimes>\n',
  between: '\n',
  tail: '\n</CancerWaitingTimes>\n',
} as const

/** One record as national XML: the items it has, in their groups. */
export function xmlOf(cells: Cells): string {
  const groups = GROUPS.map(([name, first], at) => {
    const last = GROUPS[at + 1]?.[1] ?? NATIONAL_COLUMNS.length
    const items = NATIONAL_COLUMNS.slice(first, last).map(({ item, field }) => {
      const said = cells.get(field)
      const element = elementName(item)
      return said === undefined ? '' : `<${element}>${escaped(said)}</${element}>`
    })
    const text = items.join('')
    return text === '' ? '' : `<${name}>${text}</${name}>`
  })
  return `<Record>${groups.join('')}</Record>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
