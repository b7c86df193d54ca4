import { stringify } from 'csv-stringify/sync'

/**
 * An answer's lines as CSV, a column a field, nested names joined (`group code`). What a spreadsheet would take for
 * a formula is made text. [MEA-9]
 * @param nothing what stands for null: `*` where small numbers are hidden
 */
export function csvOf(lines: readonly object[], nothing: '' | '*'): string {
  const flat = lines.map((line) => Object.fromEntries(fieldsOf(line, '')))
  const columns = [...new Set(flat.flatMap((line) => Object.keys(line)))]
  const records = flat.map((line) => columns.map((name) => cell(line[name], nothing)))
  return stringify([columns, ...records], { escape_formulas: true })
}

function fieldsOf(value: object, prefix: string): [string, unknown][] {
  return Object.entries(value).flatMap(([name, field]: [string, unknown]): [string, unknown][] => {
    const path = prefix === '' ? name : `${prefix} ${name}`
    if (typeof field === 'object' && field !== null) return fieldsOf(field, path)
    // An absent group has no columns of its own.
    return name === 'group' && field === null ? [] : [[path, field]]
  })
}

function cell(value: unknown, nothing: string): string | number {
  if (value === null) return nothing
  if (typeof value === 'number') return value
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : ''
}
