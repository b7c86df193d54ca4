import { Readable } from 'node:stream'
import type { Database, TransactionSql } from '../../../db/client.ts'
import type { Receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { MappingDone, RefusedRowContent } from '../../../shared/refused-row.ts'
import type { Access, Person } from '../../access/access.ts'
import { boundTo } from './aside.ts'
import type { Cell, RecordForm } from '../formats/record-form.ts'
import { cellsOf, composed, recordForm } from '../formats/record-form.ts'
import type { Kept, Receiver } from '../delivery/receive.ts'
import type { WaitingRow } from './refused-rows.ts'
import { endRows, scopeOf, shown, tellQueue, waitingRow } from './refused-rows.ts'

/*
 * What a person does to refused rows. Whether they may is asked before; what they send
 * goes down the same road as every delivery. [FEED-43, FEED-44]
 */

const SYSTEM = { kind: 'system', name: 'feeds' } as const
/** Rows sent again when a code is given its meaning. */
const RESUBMITTED_AT_MOST = 2_000

/** The feed of corrections: people at work are no sign that a feed lives. */
export const BY_HAND = 'by-hand'

export interface Mending {
  readonly db: Database
  readonly access: Pick<Access, 'audit' | 'sealBytes' | 'unsealBytes'>
  readonly receiver: Receiver
  readonly now: () => number
}

/** Who does it, where, in which request. */
export interface MendingWork {
  readonly person: Person
  readonly trust: string
  readonly requestId: string
}

/** A refused row with its values. Reading it is written down: it names somebody. */
export async function readRefusedRow(
  { db, access }: Mending,
  work: MendingWork,
  id: string,
): Promise<RefusedRowContent> {
  const row = await db.scoped(scopeOf(work.person), async (tx) => {
    const found = await waitingRow(tx, work.trust, id)
    await access.audit(tx, eventOf(work, 'refusedRow:read', id))
    return found
  })
  const form = recordForm(row.format)
  const text = textOf(access, row)
  return { ...shown(row), cells: form === undefined ? [] : [...cellsOf(form, text, row.context)] }
}

/**
 * Sends a row again with corrected values, as a delivery of one record and of the extract's own time: it overwrites
 * nothing newer. Taken, it leaves the queue in the same transaction.
 * @returns the receipt; refused again, it says what is still wrong, and the row waits on as it came
 */
export async function correctRow(
  mending: Mending,
  work: MendingWork,
  id: string,
  cells: readonly Cell[],
): Promise<Receipt> {
  const { db, receiver } = mending
  const row = await db.scoped(scopeOf(work.person), (tx) => waitingRow(tx, work.trust, id))
  const form = formOf(row)
  const names = new Set(cellsOf(form, textOf(mending.access, row), row.context).map(nameOf))
  const unknown = cells.find(({ name }) => !names.has(name))
  if (unknown !== undefined) throw new Refusal('bad-request', 'The row has no field of that name.')
  const { format, text } = form.body([composed(form, cells, row.context)], row.context)
  return receiver.deliver({
    trust: work.trust,
    feed: BY_HAND,
    mode: 'delta',
    format,
    body: Readable.from([Buffer.from(text)]),
    extractAt: row.extractAt,
    keepsRefused: false,
    by: work.person.id,
    along: (tx, kept) =>
      // What was one piece may come back as several records: it leaves when all of them were taken.
      kept.refusedRows.size === 0 ? leaveQueue(mending, work, tx, kept, [row]) : Promise.resolve(),
  })
}

/** Takes a row out of the queue for a reason, for good. */
export async function dismissRow(
  { db, access, now }: Mending,
  work: MendingWork,
  id: string,
  reason: string,
): Promise<void> {
  const at = new Date(now()).toISOString()
  await db.scoped(SYSTEM, async (tx) => {
    await waitingRow(tx, work.trust, id)
    const personId = work.person.id
    const ended = await endRows(tx, [id], { state: 'dismissed', at, reason, personId })
    if (ended.length === 0) throw new Refusal('conflict', 'The row has left the queue.')
    await access.audit(tx, { ...eventOf(work, 'refusedRow:dismiss', id), reason })
    await tellQueue(tx, work.trust, at)
  })
}

/** Sends again the rows that wait for this field, those of one extract and form in one delivery. [FEED-44] */
export async function sendAgain(
  mending: Mending,
  work: MendingWork,
  field: string,
): Promise<MappingDone> {
  const rows = await mending.db.scoped(
    SYSTEM,
    (tx) => tx<WaitingRow[]>`
      select id, feed, format, context, key_id as "keyId", sealed, extract_at as "extractAt" from refused_row
      where trust = ${work.trust} and state = 'waiting'
        and issues @> ${JSON.stringify([{ field, code: 'FEED-7' }])}::text::jsonb
      order by refused_at, row_number, id limit ${RESUBMITTED_AT_MOST}`,
  )
  const groups = new Map<string, WaitingRow[]>()
  for (const row of rows) {
    const form = recordForm(row.format)
    if (form === undefined || form.isOnePiece) continue
    const key = JSON.stringify([row.feed, row.format, row.context, row.extractAt])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  let taken = 0
  for (const group of groups.values()) taken += await sendGroup(mending, work, group)
  return { resubmitted: [...groups.values()].flat().length, taken }
}

async function sendGroup(
  mending: Mending,
  work: MendingWork,
  group: readonly WaitingRow[],
): Promise<number> {
  const [first] = group
  if (first === undefined) return 0
  const texts = group.map((row) => textOf(mending.access, row))
  const { format, text } = formOf(first).body(texts, first.context)
  const receipt = await mending.receiver.deliver({
    trust: work.trust,
    feed: BY_HAND,
    mode: 'delta',
    format,
    body: Readable.from([Buffer.from(text)]),
    extractAt: first.extractAt,
    keepsRefused: false,
    by: work.person.id,
    along: (tx, kept) => leaveQueue(mending, work, tx, kept, group),
  })
  return receipt.counts.accepted
}

/** In the transaction of a delivery of these rows in this order: those that were taken leave the queue. */
async function leaveQueue(
  { access }: Mending,
  work: MendingWork,
  tx: TransactionSql,
  kept: Kept,
  rows: readonly WaitingRow[],
): Promise<void> {
  const taken = rows.filter((_row, at) => !kept.refusedRows.has(at + 1)).map(({ id }) => id)
  const ended = await endRows(tx, taken, {
    state: 'resubmitted',
    at: kept.at,
    reason: 'corrected and sent again',
    personId: work.person.id,
    deliveryId: kept.deliveryId,
  })
  if (ended.length < taken.length) {
    throw new Refusal('conflict', 'The row has left the queue meanwhile. Look at it again.')
  }
  await access.audit(
    tx,
    ended.map((id) => eventOf(work, 'refusedRow:resubmit', id)),
  )
}

function textOf(access: Mending['access'], row: WaitingRow): string {
  return access.unsealBytes(row, boundTo(row.id)).toString('utf8')
}

function formOf(row: WaitingRow): RecordForm {
  const form = recordForm(row.format)
  if (form !== undefined) return form
  throw new Refusal('conflict', 'Rows of this format are mended at their source and sent again.')
}

function nameOf({ name }: Cell): string {
  return name
}

export function eventOf({ person, requestId }: MendingWork, action: string, id: string) {
  return { person, action, subject: `refusedRow:${id}`, requestId }
}
