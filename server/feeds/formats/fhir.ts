import { setImmediate } from 'node:timers/promises'
import type { Issue } from '../../../shared/delivery.ts'
import { splitBundle } from './fhir-bundle.ts'
import type { SeenEntry } from './fhir-entry.ts'
import { seeEntry } from './fhir-entry.ts'
import type { Gathering } from './fhir-gather.ts'
import { openGathering } from './fhir-gather.ts'
import { readPathway } from './fhir-record.ts'
import { recordText } from './encoding.ts'
import type { FeedFormat, FormatSession, RecordBatch } from './format.ts'
import { badFile } from './format.ts'
import { plainKey } from './json-split.ts'

/** FHIR R4: a Bundle of UK Core resources, gathered in pathways. [FEED-70 to FEED-76] */
export const fhir: FeedFormat = {
  name: 'fhir',
  wantsIds: true,
  open: () => openFhir(),
}

/** @param heldBytes as of `openGathering` */
export function openFhir(heldBytes?: number): FormatSession {
  const unread = new Map<string, number>()
  return {
    split: (chunks) => splitPathways(chunks, openGathering(heldBytes), unread),
    read: readPathway,
    context: () => '',
    remarks: () => [...unread].map(([type, count]) => unreadIssue(type, count)),
  }
}

const BUNDLE_TYPES: ReadonlySet<unknown> = new Set(['collection', 'transaction', 'message'])
const RECORDS_A_BATCH = 64
const MOST_UNREAD_TYPES = 100

async function* splitPathways(
  chunks: AsyncIterable<Buffer>,
  gathering: Gathering,
  unread: Map<string, number>,
): AsyncGenerator<RecordBatch> {
  const frame = { members: new Map<string, unknown>() }
  let row = 1
  let first = true
  const header = { first: false, asksForAid: false }
  function batch(records: readonly Buffer[]): RecordBatch {
    const bounds: number[] = []
    let end = 0
    for (const record of records) {
      bounds.push(end, end + record.length)
      end += record.length
    }
    const firstRow = row
    row += records.length
    return { bytes: Buffer.concat(records), bounds, firstRow }
  }
  function note(entry: SeenEntry): void {
    if (first) header.first = entry.kind === 'header'
    first = false
    if (entry.kind === 'pathway') header.asksForAid ||= entry.mutualAid
    if (entry.kind !== 'unread') return
    const name = unread.size < MOST_UNREAD_TYPES ? plainKey(entry.type) : 'further types'
    unread.set(name, (unread.get(name) ?? 0) + 1)
  }

  for await (const { bytes, bounds } of splitBundle(chunks, frame)) {
    const records: Buffer[] = []
    for (let at = 0; at < bounds.length; at += 2) {
      const text = recordText(bytes, bounds[at] ?? 0, bounds[at + 1] ?? 0)
      const entry = seeEntry(text)
      note(entry)
      records.push(...gathering.take(entry, Buffer.from(text)))
    }
    if (records.length > 0) yield batch(records)
  }
  const type = bundleType(frame.members)
  if (type === 'message' && !header.first) {
    throw badFile('A Bundle of type message begins with its MessageHeader.')
  }
  if (type === 'message' && header.asksForAid) {
    throw badFile(
      'This message is about mutual aid and brings no facts. Send it to /api/feeds/{trust}/$process-message.',
    )
  }
  let records: Buffer[] = []
  for (const record of gathering.finish()) {
    records.push(record)
    if (records.length < RECORDS_A_BATCH) continue
    yield batch(records)
    records = []
    // Nothing is waited for any more: the page and the sockets want their turn.
    await setImmediate()
  }
  if (records.length > 0) yield batch(records)
}

/** @throws Refusal `bad-file` when the body is no Bundle, or of a type that is not taken. [FEED-70] */
function bundleType(members: ReadonlyMap<string, unknown>): unknown {
  if (members.get('resourceType') !== 'Bundle') {
    throw badFile(
      'The body is not a FHIR Bundle. Send {"resourceType": "Bundle", "type": ..., "entry": [...]}.',
    )
  }
  const type = members.get('type')
  if (BUNDLE_TYPES.has(type)) return type
  throw badFile(`The Bundle's type is not taken. Send one of ${[...BUNDLE_TYPES].join(', ')}.`)
}

function unreadIssue(type: string, count: number): Issue {
  return {
    rowNumber: 0,
    recordKey: '',
    field: type,
    code: 'FEED-70',
    severity: 'warns',
    message: `${count} resources of type ${type} were not read.`,
    fix: 'Nothing, unless they hold a fact: the table in shared/PROTOCOL.md says where each fact is read.',
  }
}
