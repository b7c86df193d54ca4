import type { FactName, Identity } from '../../shared/entry.ts'
import { entryFacts, identity } from '../../shared/entry.ts'
import type { SampleEntry } from './pathway.ts'

/** One record as text cells by column, before it is written in a format. */
export type Cells = Map<string, string>

const FACTS = Object.keys(entryFacts.shape) as FactName[]
const FIRST_NATIONAL = FACTS.indexOf('nhsNumberStatus')
const LAST_NATIONAL = FACTS.indexOf('upgradeDelayComment')

/** The 54 columns of the headerless national CSV, in order: the schema follows the data dictionary. */
export const NATIONAL_CSV_COLUMNS: readonly string[] = [
  'nhsNumber',
  ...FACTS.slice(FIRST_NATIONAL, LAST_NATIONAL + 1),
]

/** The header of the PTL extract: every fact by its name, a priority in three columns, and who it is. */
export const PTL_CSV_COLUMNS: readonly string[] = [
  'localId',
  ...(Object.keys(identity.shape) as (keyof Identity)[]),
  ...FACTS.filter((name) => name !== 'localId').flatMap((name) =>
    name === 'priority' ? ['priorityScale', 'priorityCode', 'priorityDate'] : [name],
  ),
]

/** Facts and identity as cells. What is not known has no cell. */
export function cellsOf({ facts, identity: who }: SampleEntry): Cells {
  const cells: Cells = new Map()
  for (const [name, value] of Object.entries(who)) cells.set(name, String(value))
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined) continue
    if (name === 'priority' && facts.priority !== undefined) {
      cells.set('priorityScale', facts.priority.scale)
      cells.set('priorityCode', facts.priority.code)
      cells.set('priorityDate', facts.priority.setOn)
    } else if (name === 'needs') cells.set(name, (facts.needs ?? []).join(';'))
    else cells.set(name, textOf(value))
  }
  return cells
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A line of CSV without its end. Cells with a comma, quote or line break are quoted. */
export function csvLine(values: readonly string[]): string {
  return values.map(csvCell).join(',')
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** An entry as the JSON formats take it: facts by name, `identity` beside them. */
export function entryObject({ facts, identity: who }: SampleEntry): Record<string, unknown> {
  return { ...facts, identity: who }
}
