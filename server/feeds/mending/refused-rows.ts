import { appendChanges } from '../../../db/changes.ts'
import type { Database, TransactionSql } from '../../../db/client.ts'
import type { Issue } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import { REFUSED_ROW_DAYS } from '../../../shared/refused-row.ts'
import type { RefusedRow } from '../../../shared/refused-row.ts'
import type { Person } from '../../access/access.ts'
import { recordForm } from '../formats/record-form.ts'

/*
 * The queue of refused rows: a row waits until somebody of its trust corrects or dismisses it, a later delivery brings
 * it right, or its time is over. What ended keeps its story and loses its content. [FEED-42, FEED-43]
 */

const DAY_MS = 86_400_000
const SYSTEM = { kind: 'system', name: 'feeds' } as const

/** A waiting row as the database holds it. */
export interface WaitingRow {
  readonly id: string
  readonly feed: string
  readonly deliveryId: string
  readonly rowNumber: number
  readonly recordKey: string
  readonly format: string
  readonly context: string
  readonly keyId: string
  readonly sealed: Buffer
  readonly issues: readonly Issue[]
  readonly extractAt: string
  readonly refusedAt: string
}

/** Waiting rows that this person may see, the newest first. */
export async function waitingRows(
  db: Database,
  person: Person,
  trust: string,
  page: { readonly before: string | null; readonly limit: number },
): Promise<{ readonly rows: readonly RefusedRow[]; readonly waiting: number }> {
  return db.scoped(scopeOf(person), async (tx) => {
    const rows = await tx<WaitingRow[]>`
      select ${columns(tx)} from refused_row where trust = ${trust} and state = 'waiting'
        and (${page.before}::uuid is null or (refused_at, row_number, id) <
          (select refused_at, row_number, id from refused_row where id = ${page.before}::uuid))
      order by refused_at desc, row_number desc, id desc limit ${page.limit}`
    const [count] = await tx<{ waiting: number }[]>`
      select count(*)::int as waiting from refused_row where trust = ${trust} and state = 'waiting'`
    return { rows: rows.map(shown), waiting: count?.waiting ?? 0 }
  })
}

/** @throws Refusal `not-found`; `conflict` when somebody or something was faster */
export async function waitingRow(
  tx: TransactionSql,
  trust: string,
  id: string,
): Promise<WaitingRow> {
  const [row] = await tx<(WaitingRow & { state: string; endedReason: string | null })[]>`
    select ${columns(tx)}, state, ended_reason as "endedReason" from refused_row
    where id = ${id} and trust = ${trust}`
  if (row === undefined) throw new Refusal('not-found', 'This trust has no refused row of this id.')
  if (row.state !== 'waiting') {
    throw new Refusal('conflict', `The row has left the queue: ${row.endedReason ?? row.state}.`)
  }
  return row
}

/** How a row leaves the queue. */
export interface Ending {
  readonly state: 'resubmitted' | 'dismissed' | 'superseded' | 'lapsed'
  readonly at: string
  readonly reason: string
  readonly personId?: string
  readonly deliveryId?: string
}

/** Ends rows and empties them. @returns ids of those that still waited */
export async function endRows(
  tx: TransactionSql,
  ids: readonly string[],
  ending: Ending,
): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const rows = await tx<{ id: string }[]>`
    update refused_row set state = ${ending.state}, ended_at = ${ending.at}, ended_reason = ${ending.reason},
      ended_by = ${ending.personId ?? null}, ended_delivery_id = ${ending.deliveryId ?? null}, sealed = ''
    where id = any(${[...ids]}::uuid[]) and state = 'waiting' returning id`
  return rows.map(({ id }) => id)
}

/** What a delivery that is now done said of the rows that waited before it. */
export interface Settling {
  readonly trust: string
  readonly deliveryId: string
  readonly at: string
  readonly extractAt: string
  /** It spoke of every pathway of the trust. */
  readonly speaksOfAll: boolean
  /** Entries it told of. */
  readonly told: readonly number[]
  readonly refusedKeys: readonly string[]
}

/**
 * Takes rows out of the queue that this delivery brought right, or refused anew. Rows of a later extract stay: a late
 * delivery says nothing of them. [FEED-43]
 */
export async function settleRows(tx: TransactionSql, settling: Settling): Promise<void> {
  const { trust, deliveryId, at, extractAt } = settling
  if (!settling.speaksOfAll && settling.told.length + settling.refusedKeys.length === 0) return
  const waiting = await tx<{ id: string; recordKey: string; entryId: number | null }[]>`
    select r.id, r.record_key as "recordKey", e.id as "entryId" from refused_row r
    left join lateral (
      select id from entry where trust = r.trust and local_id = r.record_key
      union select id from entry where trust || '' = r.trust and pathway_key = r.record_key and r.record_key <> ''
    ) e on true
    where r.trust = ${trust} and r.state = 'waiting' and r.delivery_id <> ${deliveryId}
      and r.extract_at <= ${extractAt}`
  if (waiting.length === 0) return
  const told = new Set(settling.told)
  const refusedAgain = new Set(settling.refusedKeys)
  const right: string[] = []
  const anew: string[] = []
  for (const { id, recordKey, entryId } of waiting) {
    if (entryId !== null && told.has(entryId)) right.push(id)
    else if (settling.speaksOfAll || (recordKey !== '' && refusedAgain.has(recordKey)))
      anew.push(id)
  }
  const ended = { state: 'superseded', at, deliveryId } as const
  await endRows(tx, right, { ...ended, reason: 'a later delivery brought the row right' })
  await endRows(tx, anew, { ...ended, reason: 'a later extract took its place' })
}

/** Ends what nobody mended in time. @returns rows ended */
export async function lapseRows(db: Database, nowMs: number): Promise<number> {
  const limit = new Date(nowMs - REFUSED_ROW_DAYS * DAY_MS).toISOString()
  return db.scoped(SYSTEM, async (tx) => {
    const old = await tx<{ id: string }[]>`
      select id from refused_row where state = 'waiting' and refused_at <= ${limit} limit 5000`
    const ids = old.map(({ id }) => id)
    const reason = `nobody mended it in ${REFUSED_ROW_DAYS} days`
    return (await endRows(tx, ids, { state: 'lapsed', at: new Date(nowMs).toISOString(), reason }))
      .length
  })
}

/** Tells whoever has the page open that the queue or the codes are others now. */
export async function tellQueue(tx: TransactionSql, trust: string, at: string): Promise<void> {
  const payload = { trust, feed: '', notice: 'queue', since: at, words: '', ended: false }
  await appendChanges(tx, [{ topic: 'feeds', kind: 'queue', payload }], at)
}

/** A row without its content. */
export function shown(row: WaitingRow): RefusedRow {
  const { id, feed, deliveryId, rowNumber, recordKey, format, refusedAt } = row
  return {
    id,
    feed,
    deliveryId,
    rowNumber,
    recordKey,
    format,
    refusedAt,
    lapsesAt: new Date(Date.parse(refusedAt) + REFUSED_ROW_DAYS * DAY_MS).toISOString(),
    issues: [...row.issues],
    correctable: recordForm(format) !== undefined,
  }
}

/** Row-level security then shows them their own trust's rows, and those only if they may mend them. */
export function scopeOf({ id: personId, organisation, role }: Person) {
  return { kind: 'person', personId, organisation, role } as const
}

function columns(tx: TransactionSql) {
  return tx`id, feed, delivery_id as "deliveryId", row_number as "rowNumber", record_key as "recordKey", format,
    context, key_id as "keyId", sealed, issues, extract_at as "extractAt", refused_at as "refusedAt"`
}
