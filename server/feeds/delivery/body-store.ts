import type { Database, TransactionSql } from '../../../db/client.ts'
import type { Box } from '../mending/aside.ts'
import type { DeliveryRow } from './ledger.ts'
import { SYSTEM, columns } from './ledger.ts'
import { SILENT_AFTER_SECONDS } from './work.ts'

/*
 * Bodies of deliveries that are answered before they are done: in the database, sealed, so that they survive the
 * process that took them and any other can go on. Gone when the delivery has ended. [FEED-40, FEED-41]
 */

const CHUNK_BYTES = 1_048_576
/** A delivery that never gave a sign of life, after this long, died before it could. */
const NEVER_BEGAN_MS = 300_000
const TAKEN_UP_AT_ONCE = 20

/** Written with the registration: from then on the beat decides whether somebody has it. */
export async function beginStored(
  tx: TransactionSql,
  id: string,
  said: { readonly charset: string | null; readonly confirm: string | null },
): Promise<void> {
  await tx`
    insert into delivery_work (delivery_id, started_at, charset, confirm)
    values (${id}, now(), ${said.charset}, ${said.confirm})`
}

/** Takes a body to its end. @returns its length, bytes */
export async function storeBody(
  db: Database,
  box: Box,
  id: string,
  pieces: AsyncIterable<Buffer>,
): Promise<number> {
  let gathered: Buffer[] = []
  let bytes = 0
  let total = 0
  let ordinal = 0
  async function write(): Promise<void> {
    const { keyId, sealed } = box.sealBytes(Buffer.concat(gathered), boundTo(id, ordinal))
    await db.scoped(
      SYSTEM,
      (tx) => tx`
        insert into delivery_body (delivery_id, ordinal, key_id, sealed)
        values (${id}, ${ordinal}, ${keyId}, ${sealed})`,
    )
    ordinal += 1
    gathered = []
    bytes = 0
  }
  for await (const piece of pieces) {
    gathered.push(piece)
    bytes += piece.length
    total += piece.length
    if (bytes >= CHUNK_BYTES) await write()
  }
  if (bytes > 0) await write()
  await db.scoped(
    SYSTEM,
    (tx) => tx`
      update delivery_work set stored = true, bytes_total = ${total}, started_at = now(), beat_at = now()
      where delivery_id = ${id}`,
  )
  return total
}

/** The body again, from its beginning. */
export async function* readBody(db: Database, box: Box, id: string): AsyncGenerator<Buffer> {
  for (let ordinal = 0; ; ordinal += 1) {
    const [chunk] = await db.scoped(
      SYSTEM,
      (tx) => tx<{ keyId: string; sealed: Buffer }[]>`
        select key_id as "keyId", sealed from delivery_body
        where delivery_id = ${id} and ordinal = ${ordinal}`,
    )
    if (chunk === undefined) return
    yield box.unsealBytes(chunk, boundTo(id, ordinal))
  }
}

/** A running delivery that nobody has any more. */
export interface StaleDelivery {
  readonly id: string
  readonly row: DeliveryRow
  readonly stored: boolean
  readonly bytesTotal: number | null
  readonly charset: string | null
  readonly confirm: string | null
}

/** Claims running deliveries without a beat; one whose transaction still lives holds its row and is passed over. */
export async function claimStale(db: Database, nowMs: number): Promise<StaleDelivery[]> {
  await dropLeftovers(db)
  const before = new Date(nowMs - NEVER_BEGAN_MS).toISOString()
  return db.scoped(SYSTEM, async (tx) => {
    // The conflict looks at the newest beat under its lock: of two who claim at once, one does.
    const claimed = await tx<Omit<StaleDelivery, 'row'>[]>`
      insert into delivery_work (delivery_id, started_at)
      select delivery.id, now() from delivery left join delivery_work w on w.delivery_id = delivery.id
      where state = 'running' and case when w.delivery_id is null then received_at < ${before}
        else w.beat_at < now() - make_interval(secs => ${SILENT_AFTER_SECONDS}) end
      order by received_at limit ${TAKEN_UP_AT_ONCE} for update of delivery skip locked
      on conflict (delivery_id) do update set beat_at = now()
        where delivery_work.beat_at < now() - make_interval(secs => ${SILENT_AFTER_SECONDS})
      returning delivery_id as id, stored, bytes_total as "bytesTotal", charset, confirm`
    const rows = await tx<DeliveryRow[]>`
      select ${columns(tx)} from delivery where id = any(${claimed.map(({ id }) => id)}::uuid[])`
    return claimed.flatMap((work) => {
      const row = rows.find(({ id }) => id === work.id)
      return row === undefined ? [] : [{ ...work, row }]
    })
  })
}

/** What a delivery that ended while nobody looked has left behind. */
async function dropLeftovers(db: Database): Promise<void> {
  await db.scoped(SYSTEM, async (tx) => {
    const ended = await tx<{ id: string }[]>`
      delete from delivery_work w where not exists (
        select from delivery d where d.id = w.delivery_id and d.state = 'running')
        and beat_at < now() - make_interval(secs => ${SILENT_AFTER_SECONDS})
      returning delivery_id as id`
    await tx`delete from delivery_body where delivery_id = any(${ended.map(({ id }) => id)}::uuid[])`
  })
}

function boundTo(id: string, ordinal: number): string {
  return `delivery-body ${id} ${ordinal}`
}
