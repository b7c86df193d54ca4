import { appendChanges } from '../../../db/changes.ts'
import type { Change } from '../../../db/changes.ts'
import type { Database, TransactionSql } from '../../../db/client.ts'
import type { CapacityDay, SlotLimits } from '../../../shared/capacity.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { IsoDate } from '../../../shared/date.ts'
import type { Step, Tumour } from '../../../shared/vocabulary.ts'

/** One bucket of slots as stored: a site, a step, a day. */
export interface Bucket {
  readonly id: number
  readonly site: string
  readonly siteName: string
  readonly trust: string
  readonly step: Step
  readonly day: IsoDate
  readonly slots: number
  readonly promised: number
  readonly openToAlliance: boolean
  readonly tumours: Tumour[] | null
  readonly noticeDays: number
  readonly limits: SlotLimits | null
}

/** The trust a site belongs to. @throws Refusal `not-found` for a site not in the table: the prefix of a code proves nothing */
export async function trustOfSite(db: Database, site: string): Promise<string> {
  const [row] = await db.sql<
    { organisation: string }[]
  >`select organisation from site where code = ${site}`
  if (row === undefined) {
    throw new Refusal('not-found', `No site ${site} is known. GET /api/alliance lists the sites.`)
  }
  return row.organisation
}

/** Slots of one step at one site, by day. */
export interface SlotDays {
  readonly site: string
  readonly step: Step
  readonly days: readonly CapacityDay[]
}

/**
 * Says how many slots a site has of a step on the days named; other days stay. Runs in the caller's transaction and
 * tells everybody through the change log. [CAP]
 * @throws Refusal `conflict` when a day would hold fewer slots than are promised already
 */
export async function putCapacity(tx: TransactionSql, bucket: SlotDays, at: string): Promise<void> {
  await appendChanges(tx, [await writeCapacity(tx, bucket, at)], at)
}

/**
 * Finds out whether it could be written and keeps nothing: for a sandbox key. [FEED-45]
 * @throws Refusal as `putCapacity`
 */
export async function rehearseCapacity(db: Database, bucket: SlotDays, at: string): Promise<void> {
  await db
    .scoped(CAPACITY, async (tx) => {
      await writeCapacity(tx, bucket, at)
      throw new Rehearsed()
    })
    .catch((cause: unknown) => {
      if (!(cause instanceof Rehearsed)) throw cause
    })
}

/** Ends a transaction whose work is not wanted. */
class Rehearsed extends Error {
  override readonly name = 'Rehearsed'
}

/** Does the same and leaves the telling to the caller. @returns what there is to tell */
export async function writeCapacity(
  tx: TransactionSql,
  bucket: SlotDays,
  at: string,
): Promise<Change> {
  const { site, step, days } = bucket
  const rows = days.map((day) => ({
    site,
    step,
    day: day.day,
    slots: day.slots,
    open_to_alliance: day.openToAlliance,
    tumours: day.tumours === undefined || day.tumours.length === 0 ? null : day.tumours,
    notice_days: day.noticeDays,
    limits: day.limits ?? null,
    updated_at: at,
  }))
  const written = await tx<{ day: string }[]>`
    insert into capacity ${tx(rows)}
    on conflict (site, step, day) do update set slots = excluded.slots,
      open_to_alliance = excluded.open_to_alliance, tumours = excluded.tumours,
      notice_days = excluded.notice_days, limits = excluded.limits, updated_at = excluded.updated_at
    where capacity.promised <= excluded.slots
    returning day`
  const refused = days.filter((day) => !written.some((row) => row.day === day.day))
  if (refused.length > 0) {
    throw new Refusal(
      'conflict',
      `${site} ${step}: more slots are promised than offered on ${refused.map((day) => day.day).join(', ')}. Withdraw a suggestion first, or keep the number.`,
    )
  }
  const dates = days.map((day) => day.day)
  return { topic: 'capacity', kind: 'capacity', payload: { site, step, days: dates } }
}

/** Every bucket from `fromDay` on, in order of day, site and step. */
export async function readCapacity(db: Database, fromDay: string): Promise<Bucket[]> {
  return db.scoped(CAPACITY, (tx) => bucketRows(tx, tx`c.day >= ${fromDay}`))
}

/** Buckets of one step at one site on some days, from `fromDay` on. */
export async function readBuckets(
  db: Database,
  of: { readonly site: string; readonly step: string; readonly days: readonly string[] },
  fromDay: string,
): Promise<Bucket[]> {
  const { site, step, days } = of
  return db.scoped(CAPACITY, (tx) =>
    bucketRows(
      tx,
      tx`c.site = ${site} and c.step = ${step} and c.day = any(${[...days]}::date[]) and c.day >= ${fromDay}`,
    ),
  )
}

const CAPACITY = { kind: 'system', name: 'capacity' } as const

async function bucketRows(
  tx: TransactionSql,
  where: ReturnType<TransactionSql>,
): Promise<Bucket[]> {
  const rows = await tx<Bucket[]>`
    select c.id, c.site, s.name as "siteName", s.organisation as trust, c.step, c.day, c.slots, c.promised,
      c.open_to_alliance as "openToAlliance", c.tumours, c.notice_days as "noticeDays", c.limits
    from capacity c join site s on s.code = c.site
    where ${where}
    order by c.day, c.site, c.step`
  return [...rows]
}
