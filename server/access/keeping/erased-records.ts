import { createHmac } from 'node:crypto'
import type { Database, TransactionSql } from '../../../db/client.ts'
import { Refusal } from '../../../shared/problem.ts'
import { appendAudit } from '../audit/audit.ts'
import type { AuditEvent } from '../audit/audit.ts'

const SYSTEM = { kind: 'system', name: 'erasure' } as const

/** A trust's record key as a keyed hash: whoever has the database alone cannot try keys against it. */
export type RecordHash = (trust: string, localId: string) => Buffer

/** @param secret one that outlives the sealing keys, or what was erased would come back with the next of them */
export function openRecordHash(secret: string): RecordHash {
  return (trust, localId) => createHmac('sha256', secret).update(`${trust}\n${localId}`).digest()
}

/** In the transaction of the erasure; `records` as they were before it. [IG-14] */
export async function rememberErased(
  tx: TransactionSql,
  erasureId: string,
  records: readonly { readonly trust: string; readonly localId: string }[],
  recordHash: RecordHash,
): Promise<void> {
  const rows = records.map(({ trust, localId }) => ({
    trust,
    hash: recordHash(trust, localId).toString('hex'),
  }))
  await tx`
    insert into erased_record (trust, key_hash, erasure_id)
    select trust, decode(hash, 'hex'), ${erasureId}
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as (trust text, hash text)
    on conflict do nothing
  `
}

/**
 * Which of a trust's records were erased and are not taken in again, for one delivery.
 * @returns the certificate of a record's erasure by its key; null while the trust has none, so that nothing is hashed
 */
export async function erasedOf(
  tx: TransactionSql,
  trust: string,
  recordHash: RecordHash,
): Promise<((localId: string) => string | undefined) | null> {
  const rows = await tx<{ hash: string; id: string }[]>`
    select encode(key_hash, 'hex') as hash, erasure_id as id from erased_record
    where trust = ${trust} and lifted_at is null
  `
  if (rows.length === 0) return null
  const certificates = new Map(rows.map(({ hash, id }) => [hash, id]))
  return (localId) => certificates.get(recordHash(trust, localId).toString('hex'))
}

/**
 * Lets what was erased be taken in again when its trust sends it again: care has been taken up once more.
 * @throws Refusal `not-found`; `conflict` when it was lifted before
 */
export async function liftErasure(
  db: Database,
  asked: {
    readonly id: string
    readonly at: string
    readonly event: Omit<AuditEvent, 'subject'> & { readonly reason: string }
  },
): Promise<void> {
  const { id, at, event } = asked
  await db.scoped(SYSTEM, async (tx) => {
    const lifted = await tx`
      update erased_record set lifted_at = ${at}, lifted_by = ${event.person?.id ?? null},
        lift_reason = ${event.reason}
      where erasure_id = ${id} and lifted_at is null
    `
    if (lifted.count === 0) {
      const known = await tx`select from erasure where id = ${id}`
      if (known.length === 0) throw new Refusal('not-found', 'No such certificate.')
      throw new Refusal('conflict', 'Nothing of this erasure stands any more.')
    }
    await appendAudit(tx, [{ ...event, subject: `erasure:${id}` }], at)
  })
}
