import type { Database, TransactionSql } from '../../../db/client.ts'
import { appendChanges } from '../../../db/changes.ts'
import type { IsoDate } from '../../../shared/date.ts'
import { addDays } from '../../../shared/date.ts'
import type { ActionBody, LinkBody, OverrideBody } from '../../../shared/entry-detail.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Escalation } from '../../../shared/vocabulary.ts'
import type { Access, Action, Person } from '../../access/access.ts'
import type { Policy } from '../../domain/rank/policy.ts'
import { personScope } from './detail.ts'
import { readCandidates } from './links.ts'
import { readDetail, readLastChange, readTag } from './read-detail.ts'

const OVERRIDE_LIMIT_DAYS = 90

/** Who writes, on which entry, having seen which state of it. */
export interface Writing {
  readonly person: Person
  readonly entryId: number
  /** Entity tag of what they looked at; absent for what needs none. */
  readonly ifMatch?: string | undefined
  readonly requestId: string
}

interface Given {
  readonly db: Database
  readonly access: Access
  readonly now: () => number
}

export interface Written {
  readonly id: number
  readonly etag: string
  /** Change-log number: the list shows it once it is past this. */
  readonly seq: number
}

/** Adds a note. Notes only add, so no If-Match. @throws Refusal `not-found`, `not-yours` */
export function addNote(given: Given, writing: Writing, body: string): Promise<Written> {
  return write(given, writing, 'note:write', async (tx, at) => {
    const { person, entryId } = writing
    const [row] = await tx<{ id: number }[]>`
      insert into note (entry_id, person_id, organisation, body, at)
      values (${entryId}, ${person.id}, ${person.organisation}, ${body}, ${at}) returning id
    `
    return row?.id ?? 0
  })
}

/**
 * Sets the next action, or ticks one off.
 * @throws Refusal `precondition-required`, `out-of-date` saying who changed what, `conflict` when it is done already
 */
export function writeAction(given: Given, writing: Writing, body: ActionBody): Promise<Written> {
  return write(given, writing, 'action:write', async (tx, at) => {
    await matchTag(tx, writing)
    const { person, entryId } = writing
    if ('done' in body) {
      const [row] = await tx<{ id: number }[]>`
        update action set done_at = ${at}, done_by = ${person.id}, done_organisation = ${person.organisation}
        where id = ${body.done} and entry_id = ${entryId} and done_at is null returning id
      `
      if (row === undefined)
        throw new Refusal('conflict', 'No action with this id is still to be done on this entry.')
      return row.id
    }
    const [row] = await tx<{ id: number }[]>`
      insert into action (entry_id, person_id, organisation, body, owner, due_on, escalated, at)
      values (${entryId}, ${person.id}, ${person.organisation}, ${body.body}, ${body.owner ?? null},
        ${body.dueOn ?? null}, ${body.escalated}, ${at}) returning id
    `
    return row?.id ?? 0
  })
}

/**
 * Says, by name, that somebody deals with the escalation there is now. [RNK-18]
 * @param standing how the escalation stands in the list
 * @throws Refusal `conflict` where there is nothing to acknowledge; else as `writeAction`
 */
export function acknowledge(
  given: Given,
  writing: Writing,
  standing: Escalation,
): Promise<Written> {
  return write(given, writing, 'escalation:acknowledge', async (tx, at) => {
    await matchTag(tx, writing)
    if (standing !== 'waiting')
      throw new Refusal(
        'conflict',
        standing === 'none' ? 'This pathway is not escalated.' : 'It is acknowledged already.',
      )
    const { person, entryId } = writing
    const [row] = await tx<{ id: number }[]>`
      insert into acknowledgement (entry_id, person_id, organisation, at)
      values (${entryId}, ${person.id}, ${person.organisation}, ${at}) returning id
    `
    return row?.id ?? 0
  })
}

/**
 * A clinician's word above the policy. The newest one counts, to its last day. [RNK-8]
 * @throws Refusal `bad-request` for a tier the policy does not have or an end out of bounds; else as `writeAction`
 */
export function writeOverride(
  given: Given,
  writing: Writing,
  body: OverrideBody,
  under: { readonly policy: Policy; readonly today: IsoDate },
): Promise<Written> {
  const last = addDays(under.today, OVERRIDE_LIMIT_DAYS)
  if (body.endsOn < under.today || body.endsOn > last)
    throw new Refusal('bad-request', `endsOn: wants a date from ${under.today} to ${last}`)
  const tiers = under.policy.tiers.map((item) => item.tier)
  if (!tiers.includes(body.tier))
    throw new Refusal('bad-request', `tier: wants one of ${tiers.join(', ')}`)
  return write(
    given,
    writing,
    'priority:override',
    async (tx, at) => {
      await matchTag(tx, writing)
      const { person, entryId } = writing
      const [row] = await tx<{ id: number }[]>`
        insert into priority_override
          (entry_id, person_id, organisation, tier, reason, ends_on, at)
        values (${entryId}, ${person.id}, ${person.organisation}, ${body.tier}, ${body.reason},
          ${body.endsOn}, ${at}) returning id
      `
      return row?.id ?? 0
    },
    body.reason,
  )
}

/**
 * A person's word on two entries that may be one pathway; kept for good, the newest word counts. [IPT-13]
 * @throws Refusal `not-found` also for another entry with which this one shares nothing: ids cannot be tried out
 */
export async function writeLink(given: Given, writing: Writing, body: LinkBody): Promise<Written> {
  const { person, entryId } = writing
  const { otherId, decision, reason } = body
  const asker = { organisation: person.organisation, seesAll: given.access.seesAll(person) }
  const candidates = await readCandidates(given.db, entryId, asker)
  return write(
    given,
    writing,
    'link:write',
    async (tx) => {
      await matchTag(tx, writing)
      if (!candidates.some(({ id }) => id === otherId))
        throw new Refusal('not-found', 'No such entry, or nothing that it shares with this one.')
      const [row] = await tx<{ id: number }[]>`
        insert into link_decision (entry_id, other_id, decision, reason, person_id, organisation)
        values (${Math.min(entryId, otherId)}, ${Math.max(entryId, otherId)}, ${decision}, ${reason},
          ${person.id}, ${person.organisation}) returning id
      `
      return row?.id ?? 0
    },
    `${decision} as entry:${String(otherId)}: ${reason}`,
    otherId,
  )
}

/** One write by a person: their right, the write, the audit, the change log, in one transaction. */
function write(
  given: Given,
  writing: Writing,
  action: Action,
  change: (tx: TransactionSql, at: string) => Promise<number>,
  reason?: string,
  otherId?: number,
): Promise<Written> {
  const { db, access, now } = given
  const { person, entryId, requestId } = writing
  const entryIds = otherId === undefined ? [entryId] : [entryId, otherId]
  return db.scoped(personScope(person), async (tx) => {
    const stored = await readDetail(tx, entryId)
    if (stored === undefined) throw new Refusal('not-found', 'No such entry, or not one of yours.')
    access.require(person, action, stored.organisations)
    // Two edits of one entry take turns, so that the second sees the first's tag; in order of id, so that none lock.
    for (const id of [...new Set(entryIds)].sort((a, b) => a - b))
      await tx`select pg_advisory_xact_lock(hashtextextended('entry', ${id}))`
    const at = new Date(now()).toISOString()
    const id = await change(tx, at)
    const etag = await readTag(tx, entryId)
    await access.audit(tx, {
      person,
      action,
      subject: `entry:${String(entryId)}`,
      reason,
      requestId,
    })
    const payload = { by: person.id }
    const seq = await appendChanges(tx, [{ topic: 'list', kind: 'entries', entryIds, payload }], at)
    return { id, etag, seq }
  })
}

async function matchTag(tx: TransactionSql, writing: Writing): Promise<void> {
  if (writing.ifMatch === undefined)
    throw new Refusal('precondition-required', 'Send If-Match with the ETag of the entry you saw.')
  const tag = await readTag(tx, writing.entryId)
  if (plain(writing.ifMatch) === plain(tag)) return
  const last = await readLastChange(tx, writing.entryId)
  const who = last === undefined ? 'It was changed' : `${last.by} ${last.what} at ${last.at}`
  throw new Refusal('out-of-date', `Changed since you looked: ${who}. Look again, then decide.`, {
    etag: tag,
    changedBy: last?.by ?? null,
    changedAt: last?.at ?? null,
    what: last?.what ?? null,
  })
}

/** A tag without the marks of its writing. */
function plain(tag: string): string {
  return tag.replace(/^W\//, '').replaceAll('"', '')
}
