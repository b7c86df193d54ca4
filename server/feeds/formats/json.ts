import type { Issue } from '../../../shared/delivery.ts'
import type { Identity } from '../../../shared/entry.ts'
import { checkField, checkValue, fieldIssue, fieldNamed } from './facts.ts'
import type { Field, TakenField } from './facts.ts'
import { factsOf, identityOfFields } from './found-facts.ts'
import type { FeedFormat, ReadRow } from './format.ts'
import { refusedRow, rowIssue } from './format.ts'
import { repeatedKey } from './json-keys.ts'
import { plainKey, splitJson, splitLines } from './json-split.ts'

/** JSON: an array of entries, or `{"entries": [...]}`. [FEED-1] */
export const json: FeedFormat = {
  name: 'json',
  open() {
    return { split: splitJson, read: readEntryObject, context: () => '' }
  },
}

/** NDJSON: one entry a line. [FEED-1] */
export const ndjson: FeedFormat = {
  name: 'ndjson',
  open() {
    return { split: splitLines, read: readEntryObject, context: () => '' }
  },
}

/**
 * An entry as JSON: the facts by their names, and `identity` with who it is. `{"localId": ..., "remove": true}`
 * removes the pathway. A null is a fact not known. Keys that are unknown or said twice refuse the record by name.
 * [FEED-6, FEED-9]
 */
export function readEntryObject(text: string, rowNumber: number): ReadRow {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return misshapen(rowNumber, 'is not valid JSON')
  }
  if (!isObject(value)) return misshapen(rowNumber, 'is not a JSON object')
  const localId = checkField('localId', value['localId'])
  if (!localId.ok) {
    return refusedRow(rowNumber, '', [
      rowIssue(rowNumber, '', {
        field: 'localId',
        code: 'FEED-8',
        message: 'The record has no usable localId, so nobody can tell which pathway it is.',
        fix: 'Send localId as a string of 1 to 64 characters: your own key of the record.',
      }),
    ])
  }
  const key = String(localId.value)
  if (!('remove' in value)) return readFacts(text, value, key, rowNumber)
  const twice = repeatedKey(text, value)
  return twice === null ? readRemoval(value, key, rowNumber) : saidTwice(rowNumber, key, twice)
}

/** A record being read: what is wrong with it so far. */
interface Reading {
  readonly rowNumber: number
  readonly recordKey: string
  readonly issues: Issue[]
  /** Characters that what was read takes, written as closely as may be. */
  room: number
}

/** Of `{}`, less the comma that the first member does not have. */
const FRAME_ROOM = 1

function readFacts(
  text: string,
  value: Readonly<Record<string, unknown>>,
  recordKey: string,
  rowNumber: number,
): ReadRow {
  const issues: Issue[] = []
  const reading: Reading = { rowNumber, recordKey, issues, room: FRAME_ROOM }
  const found: TakenField[] = []
  let identity: Identity = {}
  for (const key of Object.keys(value)) {
    const said = value[key]
    const field = fieldNamed(key)
    if (field?.isFact === true) {
      takeField(reading, found, field, key, said)
    } else if (key === 'identity' && isObject(said)) {
      reading.room += '"identity":,'.length + FRAME_ROOM
      identity = readIdentity(reading, said)
    } else if (key !== 'identity' || said !== null) {
      issues.push(unknownKey(rowNumber, recordKey, plainKey(key)))
    }
  }
  // Written closely, as most senders do, a text of this length has room for no key twice.
  if (reading.room !== text.length) {
    const twice = repeatedKey(text, value)
    if (twice !== null) return saidTwice(rowNumber, recordKey, twice)
  }
  if (issues.some((issue) => issue.severity === 'refuses-row')) {
    return refusedRow(rowNumber, recordKey, issues)
  }
  const written = factsOf(found)
  return { kind: 'entry', entry: { rowNumber, facts: written.facts, identity, written }, issues }
}

function readIdentity(reading: Reading, said: Readonly<Record<string, unknown>>): Identity {
  const found: TakenField[] = []
  for (const part of Object.keys(said)) {
    const field = fieldNamed(part)
    if (field?.isFact === false) {
      takeField(reading, found, field, `identity.${part}`, said[part])
    } else {
      const { rowNumber, recordKey, issues } = reading
      issues.push(unknownKey(rowNumber, recordKey, `identity.${plainKey(part)}`))
    }
  }
  return identityOfFields(found)
}

function takeField(
  reading: Reading,
  found: TakenField[],
  field: Field,
  path: string,
  said: unknown,
): void {
  if (said === null || said === undefined) return
  const result = checkValue(field, said)
  if (result.ok) {
    found.push(result)
    reading.room += result.json.length + 1
  } else {
    const { rowNumber, recordKey, issues } = reading
    issues.push(fieldIssue(rowNumber, recordKey, field.name, path, result.wants))
  }
}

function readRemoval(
  value: Readonly<Record<string, unknown>>,
  localId: string,
  rowNumber: number,
): ReadRow {
  const others = Object.keys(value).filter((key) => key !== 'localId' && key !== 'remove')
  if (value['remove'] === true && others.length === 0) {
    return { kind: 'removal', rowNumber, localId, reason: 'removed by the trust' }
  }
  return refusedRow(rowNumber, localId, [
    rowIssue(rowNumber, localId, {
      field: 'remove',
      code: 'FEED-9',
      message: 'A removal holds localId and "remove": true, and nothing else.',
      fix: 'Send the two alone to remove the pathway; leave "remove" out to bring its facts.',
    }),
  ])
}

function unknownKey(rowNumber: number, recordKey: string, field: string): Issue {
  const inIdentity = fieldNamed(field)?.isFact === false ? ` It belongs inside "identity".` : ''
  return rowIssue(rowNumber, recordKey, {
    field,
    code: 'FEED-6',
    message: `The key ${field} is not known.${inIdentity}`,
    fix: 'Use the names in /openapi.json, or leave the key out.',
  })
}

function saidTwice(rowNumber: number, recordKey: string, key: string): ReadRow {
  // Then nobody can tell which pathway it is, either.
  const known = key === 'localId' ? '' : recordKey
  return refusedRow(rowNumber, known, [
    rowIssue(rowNumber, known, {
      field: plainKey(key),
      code: 'FEED-6',
      message: `The key ${plainKey(key)} stands twice, and which of the two is meant cannot be told.`,
      fix: 'Send each key once.',
    }),
  ])
}

function misshapen(rowNumber: number, what: string): ReadRow {
  const issue = rowIssue(rowNumber, '', {
    field: '',
    code: 'FEED-4',
    message: `The record ${what}.`,
    fix: 'Send each entry as one JSON object.',
  })
  return refusedRow(rowNumber, '', [issue], true)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
