import { badFile } from './format.ts'
import type { CapacityFile } from './capacity-row.ts'
import { openCapacityRows } from './capacity-row.ts'
import { repeatedKey } from './json-keys.ts'
import { plainKey } from './json-split.ts'

/**
 * Reads `[{site, step, days: [...]}]`: bodies of `PUT /api/capacity/{site}/{step}`, each with its address. Records are
 * days, numbered through. [FEED-80]
 * @throws Refusal `bad-file` when it is no such list
 */
export async function readCapacityJson(chunks: AsyncIterable<Buffer>): Promise<CapacityFile> {
  const parts: Buffer[] = []
  for await (const chunk of chunks) parts.push(Buffer.from(chunk))
  const list = parsed(Buffer.concat(parts).toString('utf8'))
  const rows = openCapacityRows()
  let rowNumber = 0
  for (const element of list) {
    if (!isObject(element) || !Array.isArray(element['days'])) throw badFile(NOT_SLOTS)
    const { days, site, step, ...more } = element
    for (const day of days as readonly unknown[]) {
      rowNumber += 1
      rows.add(rowNumber, { ...more, ...(isObject(day) ? day : { day }), site, step })
    }
  }
  return rows.file()
}

const NOT_SLOTS = 'The body is no list of {"site", "step", "days": [...]}.'

function parsed(text: string): readonly unknown[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badFile('The body is not valid JSON.')
  }
  if (!Array.isArray(value)) throw badFile(NOT_SLOTS)
  const twice = repeatedKey(text, value)
  if (twice === null) return value as readonly unknown[]
  throw badFile(`The key ${plainKey(twice)} stands twice in one object. Send each key once.`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
