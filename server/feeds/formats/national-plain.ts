import type { Identity } from '../../../shared/entry.ts'
import { NATIONAL_COLUMNS } from '../../domain/codes/national-items.ts'
import type { Field, FieldResult, TakenField } from './facts.ts'
import { cellValue, checkValue, fieldNamed, taken } from './facts.ts'
import { factsOf } from './found-facts.ts'
import type { ReadRow } from './format.ts'
import type { Remembered, Step } from './remembered.ts'
import { openRemembered, remember, walk } from './remembered.ts'
import { trimmed } from './trimmed.ts'

const COMMA = 44
const NHS_NUMBER_COLUMN = 0
const PPID_COLUMN = 2
const ISSUER_COLUMN = 3

interface Column {
  readonly field: Field
  /** null for a field whose values are each said once. */
  readonly memory: Remembered | null
}

const KEY = knownField('localId')
const COLUMNS: readonly Column[] = NATIONAL_COLUMNS.map(({ field: name }) => {
  const field = knownField(name)
  return { field, memory: field.memory === null ? null : openRemembered() }
})

/**
 * Reads the line that nearly every record is, with nothing quoted and every value right, in one pass over its
 * characters. Whatever is not so plain is left to the reading cell by cell, which also says what is wrong.
 * @returns null for a line to be read with care; else what the careful reading gives
 */
export function readPlainLine(text: string, rowNumber: number): ReadRow | null {
  if (text.includes('"')) return null
  const found: TakenField[] = [NO_KEY]
  let identity: Identity = {}
  let ppid = ''
  let issuer = ''
  let at = 0
  for (let place = 0; place < COLUMNS.length; place += 1) {
    const column = COLUMNS[place]
    if (column === undefined || at > text.length) return null
    const start = at
    let step: Step | undefined = column.memory?.first
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === COMMA) break
      if (step !== undefined) step = walk(step, code)
    }
    const end = at
    at += 1
    if (end === start) continue
    const result = step?.result ?? read(column, text.slice(start, end))
    if (!result.ok) return null
    if (place === NHS_NUMBER_COLUMN) identity = { nhsNumber: String(result.value) }
    else found.push(result)
    if (place === PPID_COLUMN) ppid = String(result.value).trim()
    else if (place === ISSUER_COLUMN) issuer = String(result.value).trim()
  }
  const isWhole = at === text.length + 1
  if (!isWhole || ppid === '' || issuer === '') return null
  found[0] = taken(KEY, `${issuer}:${ppid}`)
  const written = factsOf(found)
  return {
    kind: 'entry',
    entry: { rowNumber, facts: written.facts, identity, written },
    issues: [],
  }
}

/** Stands where the key belongs until its two parts are known. */
const NO_KEY = taken(KEY, '')

function read({ field, memory }: Column, cell: string): FieldResult {
  const result = checkValue(field, cellValue(field.name, trimmed(cell)))
  if (memory !== null) remember(memory, cell, result)
  return result
}

function knownField(name: string): Field {
  const field = fieldNamed(name)
  if (field === undefined) throw new Error(`${name} is no field`)
  return field
}
