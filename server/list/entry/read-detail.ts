import type { TransactionSql } from '../../../db/client.ts'
import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { EntryAcknowledgement, EntryAction } from '../../../shared/entry-detail.ts'
import type { EntryNote, EntryOverride } from '../../../shared/entry-detail.ts'

/** An entry as the database has it, for whoever the transaction's scope is. */
export interface StoredDetail {
  readonly id: number
  readonly trust: string
  readonly state: 'open' | 'closed'
  readonly closedReason: string | null
  readonly facts: EntryFacts
  readonly organisations: readonly string[]
  readonly deliveryId: string
  readonly rowNumber: number
  readonly extractAt: string
  /** Null where the delivery is not theirs to look into. */
  readonly format: string | null
  readonly receivedAt: string | null
}

/** @returns undefined for an entry that does not exist or that row-level security hides */
export async function readDetail(
  tx: TransactionSql,
  id: number,
): Promise<StoredDetail | undefined> {
  const [row] = await tx<StoredDetail[]>`
    select e.id, e.trust, e.state, e.closed_reason as "closedReason", e.facts, e.organisations,
      e.delivery_id as "deliveryId", e.row_number as "rowNumber", e.extract_at as "extractAt",
      d.format, d.received_at as "receivedAt"
    from entry e left join delivery d on d.id = e.delivery_id where e.id = ${id}
  `
  return row
}

/**
 * What the rules of transfers and record quality want to know besides the facts. Whether there is an NHS number, and
 * never which, is asked in the service's own name: otherwise everybody kept from identities would be told it is absent.
 */
export async function readBeside(
  tx: TransactionSql,
  id: number,
  sites: readonly string[],
): Promise<{ hasNhsNumber: boolean; organisationOfSite: ReadonlyMap<string, string> }> {
  const [number] = await tx<{ known: boolean }[]>`
    select nhs_hash is not null as known from identity where entry_id = ${id}
  `
  const rows = await tx<{ code: string; organisation: string }[]>`
    select code, organisation from site where code = any(${[...sites]}::text[])
  `
  return {
    hasNhsNumber: number?.known === true,
    organisationOfSite: new Map(rows.map((row) => [row.code, row.organisation])),
  }
}

/** Notes, newest first. */
export async function readNotes(tx: TransactionSql, id: number): Promise<EntryNote[]> {
  return tx<EntryNote[]>`
    select n.id, n.body, coalesce(p.name, '') as by, n.organisation, n.at
    from note n left join person p on p.id = n.person_id
    where n.entry_id = ${id} order by n.id desc limit 200
  `
}

/** Actions, newest first; those done among them. */
export async function readActions(tx: TransactionSql, id: number): Promise<EntryAction[]> {
  return tx<EntryAction[]>`
    select a.id, a.body, a.owner, a.due_on as "dueOn", a.escalated, a.done_at as "doneAt",
      coalesce(p.name, '') as by, a.organisation, a.at,
      coalesce(d.name, 'somebody') || ' (' || a.done_organisation || ')' as "doneBy"
    from action a left join person p on p.id = a.person_id left join person d on d.id = a.done_by
    where a.entry_id = ${id} order by a.id desc limit 200
  `
}

/** Overrides, newest first; only the newest can be in force. @param today London date */
export async function readOverrides(
  tx: TransactionSql,
  id: number,
  today: IsoDate,
): Promise<EntryOverride[]> {
  const rows = await tx<Omit<EntryOverride, 'inForce'>[]>`
    select o.id, o.tier, o.reason, o.ends_on as "endsOn", coalesce(p.name, '') as by,
      o.organisation, o.at
    from priority_override o left join person p on p.id = o.person_id
    where o.entry_id = ${id} order by o.id desc limit 200
  `
  return rows.map((row, index) => ({ ...row, inForce: index === 0 && row.endsOn >= today }))
}

/** Who has acknowledged an escalation, newest first. [RNK-18] */
export async function readAcknowledgements(
  tx: TransactionSql,
  id: number,
): Promise<EntryAcknowledgement[]> {
  return tx<EntryAcknowledgement[]>`
    select k.id, coalesce(p.name, '') as by, k.organisation, k.at
    from acknowledgement k left join person p on p.id = k.person_id
    where k.entry_id = ${id} order by k.id desc limit 200
  `
}

/**
 * The entity tag of an entry: changes with its facts, its actions, its overrides, who acknowledged what, and its
 * links. Notes only add, so they do not stand in anybody's way.
 */
export async function readTag(tx: TransactionSql, id: number): Promise<string> {
  const [row] = await tx<Tag[]>`
    select
      coalesce((select version from entry where id = ${id}), 0) as version,
      (select coalesce(max(id), 0) || '.' || count(done_at) from action where entry_id = ${id}) as actions,
      coalesce((select max(id) from priority_override where entry_id = ${id}), 0) as override,
      coalesce((select max(id) from acknowledgement where entry_id = ${id}), 0) as acknowledged,
      coalesce((select max(id) from link_decision where entry_id = ${id} or other_id = ${id}), 0) as link
  `
  const { version, actions, override, acknowledged, link } = row ?? NO_TAG
  return `"${[version, actions, override, acknowledged, link].join('-')}"`
}

const NO_TAG = { version: 0, actions: '0.0', override: 0, acknowledged: 0, link: 0 }
type Tag = typeof NO_TAG

/** Who changed an entry last, and what: for the answer to an edit that came too late. */
export async function readLastChange(
  tx: TransactionSql,
  id: number,
): Promise<{ what: string; by: string; at: string } | undefined> {
  const [row] = await tx<{ what: string; by: string; at: string }[]>`
    select what, by, at from (
      select case when a.done_at is null then 'set the next action' else 'ticked off an action' end as what,
        coalesce(p.name, 'somebody') || ' (' || coalesce(
          case when a.done_at is null then a.organisation else a.done_organisation end, 'not known') || ')' as by,
        coalesce(a.done_at, a.at) as at
      from action a
      left join person p on p.id = case when a.done_at is null then a.person_id else a.done_by end
      where a.entry_id = ${id}
      union all
      select 'set a priority override', coalesce(p.name, 'somebody') || ' (' || o.organisation || ')', o.at
      from priority_override o left join person p on p.id = o.person_id where o.entry_id = ${id}
      union all
      select case d.decision when 'same' then 'confirmed a link' else 'kept two entries apart' end,
        coalesce(p.name, 'somebody') || ' (' || d.organisation || ')', d.at
      from link_decision d left join person p on p.id = d.person_id
      where d.entry_id = ${id} or d.other_id = ${id}
      union all
      select 'acknowledged the escalation', coalesce(p.name, 'somebody') || ' (' || k.organisation || ')', k.at
      from acknowledgement k left join person p on p.id = k.person_id where k.entry_id = ${id}
      union all
      select 'sent new facts', 'The trust ' || trust, updated_at from entry where id = ${id}
    ) changes order by at desc limit 1
  `
  return row
}
