import { randomUUID } from 'node:crypto'
import { appendChanges } from '../../../db/changes.ts'
import type { Database } from '../../../db/client.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Opening as Shown } from '../../../shared/governance.ts'
import type { Access, Person } from '../access.ts'

const SYSTEM = { kind: 'system', name: 'access' } as const
const HOUR_MS = 3_600_000
/** An emergency is rare; somebody who breaks more glass than this is looking around. */
const OPENINGS_AN_HOUR = 5

export interface Opening {
  readonly db: Database
  readonly access: Pick<Access, 'audit' | 'require'>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly minutes: number
}

/**
 * Opens one identity to somebody outside its pathway, for a stated reason and a short time. It is in the audit before
 * it is open, and in the change log, which every process counts and the auditor is shown. [IG-5]
 * @throws Refusal `not-found`; `conflict` where nothing needs breaking; `too-many`
 */
export async function breakGlass(
  { db, access, now, minutes }: Opening,
  asked: {
    readonly person: Person
    readonly entryId: number
    readonly reason: string
    readonly requestId: string
  },
): Promise<{ readonly id: string; readonly endsAt: string }> {
  const { person, entryId, reason, requestId } = asked
  access.require(person, 'identity:breakGlass')
  const at = new Date(now()).toISOString()
  const endsAt = new Date(now() + minutes * 60_000).toISOString()
  const id = randomUUID()
  await db.scoped(SYSTEM, async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended(${`break glass ${person.id}`}, 0))`
    const [lately] = await tx<{ count: number }[]>`
      select count(*)::int from break_glass
      where person_id = ${person.id} and at > ${new Date(now() - HOUR_MS).toISOString()}
    `
    if ((lately?.count ?? 0) >= OPENINGS_AN_HOUR)
      throw new Refusal(
        'too-many',
        `${String(OPENINGS_AN_HOUR)} identities opened within the hour; ask your trust administrator.`,
      )
    const [entry] = await tx<{ theirs: boolean }[]>`
      select ${person.organisation} = any(organisations) as theirs from entry where id = ${entryId}
    `
    if (entry === undefined) throw new Refusal('not-found', 'No such entry.')
    if (entry.theirs)
      throw new Refusal(
        'conflict',
        'Your organisation is on this pathway: the identity is open to you.',
      )
    await tx`
      insert into break_glass (id, entry_id, person_id, organisation, role, reason, at, ends_at)
      values (${id}, ${entryId}, ${person.id}, ${person.organisation}, ${person.role}, ${reason}, ${at}, ${endsAt})
    `
    const subject = `entry:${String(entryId)}`
    await access.audit(tx, { person, action: 'identity:breakGlass', subject, reason, requestId })
    await appendChanges(tx, [{ topic: 'feeds', kind: 'breakGlass', payload: { opening: id } }], at)
  })
  return { id, endsAt }
}

/** Openings, those not reviewed first, then the newest. @param personId only of this person; null for all */
export async function readOpenings(db: Database, personId: string | null): Promise<Shown[]> {
  const rows = await db.scoped(
    SYSTEM,
    (tx) => tx<Shown[]>`
      select b.id, b.entry_id as "entryId", e.organisations, p.name as by, b.role, b.organisation, b.reason, b.at,
        b.ends_at as "endsAt", b.outcome, b.review_note as "reviewNote", b.reviewed_at as "reviewedAt",
        (select count(*)::int from audit a where a.action = 'identity:read'
          and a.subject ~ ('^entr(y|ies):(.*,)?' || b.entry_id || '(,|$)')
          and a.person_id = b.person_id and a.at between b.at and b.ends_at) as reads
      from break_glass b join entry e on e.id = b.entry_id join person p on p.id = b.person_id
      where ${personId}::uuid is null or b.person_id = ${personId}
      order by (b.outcome is null) desc, b.at desc limit 500
    `,
  )
  return [...rows]
}

/**
 * What the auditor made of it; at once the end of the opening where it was not justified.
 * @throws Refusal `not-found`, `conflict` when it was reviewed before
 */
export async function reviewOpening(
  { db, access, now }: Omit<Opening, 'minutes'>,
  review: {
    readonly person: Person
    readonly id: string
    readonly outcome: 'justified' | 'notJustified'
    readonly note: string
    readonly requestId: string
  },
): Promise<void> {
  const { person, id, outcome, note, requestId } = review
  const at = new Date(now()).toISOString()
  await db.scoped(SYSTEM, async (tx) => {
    const [found] = await tx<{ reviewed: boolean }[]>`
      select outcome is not null as reviewed from break_glass where id = ${id} for update
    `
    if (found === undefined) throw new Refusal('not-found', 'No such opening.')
    if (found.reviewed) throw new Refusal('conflict', 'This opening has been reviewed already.')
    await tx`
      update break_glass set outcome = ${outcome}, review_note = ${note}, reviewed_at = ${at},
        reviewed_by = ${person.id},
        ends_at = case when ${outcome} = 'notJustified' then least(ends_at, ${at}::timestamptz) else ends_at end
      where id = ${id}
    `
    const subject = `breakGlass:${id}`
    await access.audit(tx, {
      person,
      action: 'breakGlass:review',
      subject,
      reason: outcome,
      requestId,
    })
    await appendChanges(
      tx,
      [{ topic: 'feeds', kind: 'breakGlassReview', payload: { opening: id } }],
      at,
    )
  })
}
