import { READ_AGAIN, appendChanges } from '../../../db/changes.ts'
import type { Database, TransactionSql } from '../../../db/client.ts'
import { appendAudit } from '../audit/audit.ts'
import { boundTo as boundToSecret } from './kept-secret.ts'
import { sealBytes, sealIdentity, unsealBytes, unsealIdentity } from './seal.ts'
import type { IdentityKeys, SealedBytes } from './seal.ts'

const SYSTEM = { kind: 'system', name: 'reseal' } as const
const ROWS_A_BATCH = 500

export interface Resealing {
  readonly db: Database
  /** The newest first: everything ends under it. */
  readonly keys: IdentityKeys
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** What a refused row is sealed as, by its id. */
  readonly refusedRowBoundTo: (id: string) => string
  readonly signal?: AbortSignal
}

/**
 * Seals everything anew under the newest key, a batch a transaction, while the service goes on: every process that
 * holds both keys reads what is sealed under either. The keyed hash of the NHS number is made anew with it, for all
 * pathways of one person together, and the list is told. [IG-6]
 * @returns how many identities were sealed anew; 0 when there was nothing to do
 */
export async function resealAll(options: Resealing): Promise<number> {
  const { db, signal } = options
  await db.scoped(SYSTEM, (tx) => resealSecrets(tx, options.keys))
  let sealed = 0
  for (const step of [resealIdentities, resealRefusedRows]) {
    let done = ROWS_A_BATCH
    while (done > 0 && signal?.aborted !== true) {
      done = await db.scoped(SYSTEM, (tx) => step(tx, options))
      if (step === resealIdentities) sealed += done
    }
  }
  return sealed
}

async function resealIdentities(tx: TransactionSql, options: Resealing): Promise<number> {
  const { keys, now } = options
  const [{ id: newest }] = keys
  // One person's pathways change hash together, or they would be taken for two people meanwhile.
  const rows = await tx<(SealedBytes & { entryId: number })[]>`
    with part as (
      select entry_id, nhs_hash from identity where key_id <> ${newest} order by entry_id limit ${ROWS_A_BATCH}
    )
    select entry_id as "entryId", key_id as "keyId", sealed from identity
    where key_id <> ${newest}
      and (entry_id in (select entry_id from part) or nhs_hash in (select nhs_hash from part))
    order by entry_id for update
  `
  if (rows.length === 0) return 0
  const anew = rows.map(({ entryId, ...row }) => {
    const { keyId, sealed, nhsHash } = sealIdentity(unsealIdentity(row, keys), keys)
    return {
      entry_id: entryId,
      key_id: keyId,
      sealed: sealed.toString('hex'),
      nhs_hash: nhsHash?.toString('hex') ?? null,
    }
  })
  await tx`
    update identity i set key_id = a.key_id, sealed = decode(a.sealed, 'hex'), nhs_hash = decode(a.nhs_hash, 'hex')
    from jsonb_to_recordset(${JSON.stringify(anew)}::text::jsonb)
      as a (entry_id bigint, key_id text, sealed text, nhs_hash text)
    where i.entry_id = a.entry_id
  `
  const at = new Date(now()).toISOString()
  const reason = `${String(rows.length)} identities under key ${newest}`
  await appendAudit(tx, [{ action: 'identity:reseal', subject: 'identity', reason }], at)
  const entryIds = rows.map((row) => row.entryId)
  await appendChanges(tx, [{ topic: 'list', kind: READ_AGAIN, entryIds }], at)
  return rows.length
}

async function resealRefusedRows(tx: TransactionSql, options: Resealing): Promise<number> {
  const { keys, refusedRowBoundTo } = options
  const rows = await tx<(SealedBytes & { id: string })[]>`
    select id, key_id as "keyId", sealed from refused_row
    where key_id <> ${keys[0].id} and octet_length(sealed) > 0
    order by id limit ${ROWS_A_BATCH} for update
  `
  for (const { id, ...row } of rows) {
    const bound = refusedRowBoundTo(id)
    const { keyId, sealed } = sealBytes(unsealBytes(row, bound, keys), bound, keys)
    await tx`update refused_row set key_id = ${keyId}, sealed = ${sealed} where id = ${id}`
  }
  return rows.length
}

async function resealSecrets(tx: TransactionSql, keys: IdentityKeys): Promise<void> {
  const rows = await tx<(SealedBytes & { name: string })[]>`
    select name, key_id as "keyId", sealed from kept_secret where key_id <> ${keys[0].id} for update
  `
  for (const { name, ...row } of rows) {
    const bound = boundToSecret(name)
    const { keyId, sealed } = sealBytes(unsealBytes(row, bound, keys), bound, keys)
    await tx`update kept_secret set key_id = ${keyId}, sealed = ${sealed} where name = ${name}`
  }
}
