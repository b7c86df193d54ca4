import type { Database, TransactionSql } from '../../../db/client.ts'
import type { ErasureCertificate } from '../../../shared/governance.ts'
import { Refusal } from '../../../shared/problem.ts'
import { appendAudit } from '../audit/audit.ts'
import type { AuditEvent } from '../audit/audit.ts'
import type { IdentityKeys } from '../identity/seal.ts'
import { rememberErased } from './erased-records.ts'
import type { RecordHash } from './erased-records.ts'
import { pathwaysOf } from './subject-access.ts'

const SYSTEM = { kind: 'system', name: 'erasure' } as const
const PATHWAYS_A_BATCH = 500

/**
 * Erases all of one person, whose pathways must all be closed. [IG-12]
 * @throws Refusal `not-found`; `conflict` while a pathway is open, for care that goes on needs its record
 */
export async function eraseSubject(
  db: Database,
  keys: IdentityKeys,
  recordHash: RecordHash,
  asked: {
    readonly nhsNumber: string
    readonly at: string
    /** Written with the erasure, in its transaction; its subject becomes the certificate. */
    readonly event: Omit<AuditEvent, 'subject'> & { readonly reason: string }
  },
): Promise<ErasureCertificate> {
  const { nhsNumber, at, event } = asked
  const id = await db.scoped(SYSTEM, async (tx) => {
    const ids = await pathwaysOf(tx, keys, nhsNumber)
    if (ids.length === 0) throw new Refusal('not-found', 'Nothing is held on this number.')
    const [open] = await tx<{ count: number }[]>`
      select count(*)::int from entry where id = any(${ids}::bigint[]) and state = 'open'
    `
    if ((open?.count ?? 0) > 0)
      throw new Refusal(
        'conflict',
        `${String(open?.count)} of ${String(ids.length)} pathways are open; an open pathway is not erased.`,
      )
    const by = event.person?.id ?? null
    const made = await erasePathways(tx, recordHash, {
      ids,
      rule: 'request',
      reason: event.reason,
      by,
      at,
    })
    await appendAudit(tx, [{ ...event, subject: `erasure:${made}` }], at)
    return made
  })
  const [certificate] = await readErasures(db, id)
  if (certificate === undefined) throw new Error('the certificate was not written')
  return certificate
}

/** Certificates, the newest first; one of them by id. */
export async function readErasures(
  db: Database,
  id: string | null = null,
): Promise<ErasureCertificate[]> {
  const rows = await db.scoped(
    SYSTEM,
    (tx) => tx<ErasureCertificate[]>`
      select id, at, rule, reason, pathways, rows, encode(digest, 'hex') as digest,
        (select min(lifted_at) from erased_record where erasure_id = erasure.id) as "liftedAt"
      from erasure
      where ${id}::uuid is null or id = ${id} order by at desc limit 500
    `,
  )
  return [...rows]
}

/** Erases pathways that are all closed, and remembers their keys so that they are not taken in again. @returns the certificate */
async function erasePathways(
  tx: TransactionSql,
  recordHash: RecordHash,
  { ids, rule, reason, by, at }: Erasing,
): Promise<string> {
  const records = await tx<{ trust: string; localId: string }[]>`
    select trust, local_id as "localId" from entry where id = any(${ids}::bigint[]) and local_id not like 'erased-%'
    for update
  `
  const [made] = await tx<{ id: string }[]>`
    select erase_pathways(${ids}::bigint[], ${rule}, ${reason}, ${by}, ${at}) as id
  `
  if (made === undefined) throw new Error('the certificate was not written')
  await rememberErased(tx, made.id, records, recordHash)
  return made.id
}

interface Erasing {
  readonly ids: readonly number[]
  readonly rule: string
  readonly reason: string
  /** Who asked; null where a rule did. */
  readonly by: string | null
  readonly at: string
}

/** What the rules of retention took away. */
export interface Retained {
  readonly pathways: number
  readonly events: number
}

/**
 * Applies the rules of retention: pathways closed for `years` are erased, events of the audit older than `auditYears`
 * cut off, each with a certificate. Doing it again takes nothing more. [IG-12, IG-13]
 */
export async function applyRetention(
  db: Database,
  recordHash: RecordHash,
  rule: { readonly years: number; readonly auditYears: number; readonly now: number },
): Promise<Retained> {
  const at = new Date(rule.now).toISOString()
  const before = (years: number): string => {
    const instant = new Date(rule.now)
    instant.setUTCFullYear(instant.getUTCFullYear() - years)
    return instant.toISOString()
  }
  let pathways = 0
  let batch = PATHWAYS_A_BATCH
  while (batch === PATHWAYS_A_BATCH) {
    batch = await db.scoped(SYSTEM, async (tx) => {
      const due = await tx<{ id: number }[]>`
        select id from entry where state = 'closed' and updated_at < ${before(rule.years)}
          and local_id not like 'erased-%' order by id limit ${PATHWAYS_A_BATCH} for update skip locked
      `
      if (due.length === 0) return 0
      const named = `closed ${String(rule.years)} years`
      const ids = due.map((row) => row.id)
      const made = await erasePathways(tx, recordHash, {
        ids,
        rule: named,
        reason: 'retention',
        by: null,
        at,
      })
      const subject = `erasure:${made}`
      await appendAudit(tx, [{ action: 'subject:erase', subject, reason: named }], at)
      return due.length
    })
    pathways += batch
  }
  const [cut] = await db.scoped(
    SYSTEM,
    (tx) => tx<{ gone: number }[]>`
      select audit_cut(${before(rule.auditYears)}, ${`${String(rule.auditYears)} years`}, ${at}) as gone
    `,
  )
  return { pathways, events: cut?.gone ?? 0 }
}
