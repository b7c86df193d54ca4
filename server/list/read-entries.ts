import type { Database, TransactionSql } from '../../db/client.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import type { SuggestionState } from '../../shared/suggestion.ts'
import { LIVE_STATES } from '../../shared/suggestion.ts'
import { defaultPolicy } from '../domain/rank/default-policy.ts'
import type { Policy } from '../domain/rank/policy.ts'
import { policyBody } from '../domain/rank/policy.ts'
import type { EntryRecord } from './held/held-entry.ts'
import type { LinkDecision } from './held/pathways.ts'

export const FOLLOWER = { kind: 'system', name: 'list' } as const
const PAGE = 4_000

interface StoredEntry {
  readonly id: number
  readonly trust: string
  readonly state: 'open' | 'closed'
  readonly facts: EntryFacts
  readonly organisations: readonly string[]
  readonly pathwayKey: string | null
  readonly nhsHash: string | null
  readonly suggestion: SuggestionState | null
  readonly actionText: string | null
  readonly actionOwner: string | null
  readonly actionDueOn: IsoDate | null
  readonly actionEscalated: boolean | null
  readonly acknowledged: boolean
  readonly changedAt: number
  readonly overrideTier: number | null
  readonly overrideReason: string | null
  readonly overrideEndsOn: IsoDate | null
}

/** Everything a row needs, for the entries that `where` picks out of `entry e`. */
function select(tx: TransactionSql, where: ReturnType<TransactionSql>): Promise<StoredEntry[]> {
  return tx<StoredEntry[]>`
    select e.id, e.trust, e.state, e.facts, e.organisations, e.pathway_key as "pathwayKey",
      encode(substring(i.nhs_hash for 16), 'base64') as "nhsHash", s.state as suggestion, a.body as "actionText", a.owner as "actionOwner",
      a.due_on as "actionDueOn", a.escalated as "actionEscalated", o.tier as "overrideTier",
      o.reason as "overrideReason", o.ends_on as "overrideEndsOn",
      k.at is not null and k.at >= ${escalatedSince(tx)} as acknowledged,
      floor(extract(epoch from greatest(coalesce(f.finished_at, e.updated_at), s.updated_at, o.at,
        k.at, n.at, d.at)) * 1000)::float8 as "changedAt"
    from entry e
    left join identity i on i.entry_id = e.id
    left join delivery f on f.id = e.delivery_id
    left join suggestion s on s.entry_id = e.id and s.state in ${tx([...LIVE_STATES])}
    left join lateral (
      select body, owner, due_on, escalated, at from action
      where entry_id = e.id and done_at is null order by id desc limit 1
    ) a on true
    left join lateral (
      select tier, reason, ends_on, at from priority_override
      where entry_id = e.id order by id desc limit 1
    ) o on true
    left join lateral (
      select at from acknowledgement where entry_id = e.id order by id desc limit 1
    ) k on true
    left join lateral (select max(at) as at from note where entry_id = e.id) n on true
    left join lateral (
      select greatest(max(at), max(done_at)) as at from action where entry_id = e.id
    ) d on true
    ${where}
  `
}

/**
 * Since when an entry has been escalated: the newest action not done says so; without one, the feed does, since the
 * version after the last that said otherwise. [RNK-18]
 */
function escalatedSince(tx: TransactionSql): ReturnType<TransactionSql> {
  return tx`case when a.at is not null then a.at else coalesce(
    (select max(h.at) from entry_history h
      where h.entry_id = e.id and (h.facts -> 'escalated') is distinct from 'true'::jsonb),
    '-infinity') end`
}

/**
 * The entries with these ids that belong on the list now: open, or with a live suggestion. The others are gone.
 */
export async function readEntries(
  db: Database,
  ids: readonly number[],
): Promise<{ records: EntryRecord[]; gone: number[] }> {
  const records = await db.scoped(FOLLOWER, async (tx) => {
    // Both down the one pipe: a change is on the screen a round trip sooner.
    const [rows, decisions] = await Promise.all([
      select(
        tx,
        tx`where e.id = any(${[...ids]}::bigint[]) and (e.state = 'open' or s.state is not null)`,
      ),
      readDecisions(tx, ids),
    ])
    return rows.map((row) => asRecord(row, decisions.get(row.id) ?? UNDECIDED))
  })
  const found = new Set(records.map(({ id }) => id))
  return { records, gone: ids.filter((id) => !found.has(id)) }
}

/**
 * Every entry that belongs on the list, a few thousand at a time in the order of their ids. What changes while
 * this reads is in the change log after the number read before it.
 */
export async function* readAllEntries(db: Database): AsyncGenerator<EntryRecord[]> {
  const pageAfter = (id: number) =>
    db.scoped(FOLLOWER, (tx) =>
      readRecords(tx, tx`where e.state = 'open' and e.id > ${id} order by e.id limit ${PAGE}`),
    )
  let next: Promise<EntryRecord[]> | null = pageAfter(-1)
  while (next !== null) {
    const records: EntryRecord[] = await next
    const last = records.at(-1)
    // The next page is on its way while this one is taken in.
    next = records.length < PAGE || last === undefined ? null : pageAfter(last.id)
    next?.catch(() => undefined)
    yield records
  }
  yield await db.scoped(FOLLOWER, (tx) =>
    readRecords(tx, tx`where e.state <> 'open' and s.state is not null`),
  )
}

async function readRecords(
  tx: TransactionSql,
  where: ReturnType<TransactionSql>,
): Promise<EntryRecord[]> {
  const rows = await select(tx, where)
  const decisions = await readDecisions(
    tx,
    rows.map((row) => row.id),
  )
  return rows.map((row) => asRecord(row, decisions.get(row.id) ?? UNDECIDED))
}

const UNDECIDED: readonly never[] = []

/** What people decided of these entries and others, the newest word on each pair, from either side. [IPT-13] */
export async function readDecisions(
  tx: TransactionSql,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly LinkDecision[]>> {
  const wanted = [...ids]
  const pairs = await tx<{ id: number; other: number; decision: LinkDecision['decision'] }[]>`
    select distinct on (entry_id, other_id) entry_id as id, other_id as other, decision
    from link_decision
    where entry_id = any(${wanted}::bigint[]) or other_id = any(${wanted}::bigint[])
    order by entry_id, other_id, link_decision.id desc
  `
  const decisions = new Map<number, LinkDecision[]>()
  const keep = (id: number, otherId: number, decision: LinkDecision['decision']) =>
    decisions.set(id, [...(decisions.get(id) ?? []), { otherId, decision }])
  for (const { id, other, decision } of pairs) {
    keep(id, other, decision)
    keep(other, id, decision)
  }
  return decisions
}

/** Where the change log stands and how many entries are open: read before the entries themselves. */
export async function readStart(db: Database): Promise<{ seq: number; total: number }> {
  const [row] = await db.scoped(
    FOLLOWER,
    (tx) => tx<{ seq: number; total: number }[]>`
      select last_seq as seq, (select count(*) from entry where state = 'open')::int as total
      from change_clock where id = 1
    `,
  )
  if (row === undefined) throw new Error('change_clock has no row: was the database migrated?')
  return row
}

/** The ranking policy in force: the newest version, or the shipped one while none was made. [RNK-10] */
export async function readPolicy(db: Database): Promise<Policy> {
  const [row] = await db.scoped(
    FOLLOWER,
    (tx) => tx<{ version: number; body: unknown }[]>`
      select version, body from policy order by version desc limit 1
    `,
  )
  if (row === undefined) return defaultPolicy
  return { ...policyBody.parse(row.body), version: row.version }
}

/** Codes of the organisations that are trusts: others see the whole list when their role may. */
export async function readTrusts(db: Database): Promise<ReadonlySet<string>> {
  const rows = await db.scoped(
    FOLLOWER,
    (tx) => tx<{ code: string }[]>`select code from organisation where kind = 'trust'`,
  )
  return new Set(rows.map((row) => row.code))
}

function asRecord(row: StoredEntry, decisions: readonly LinkDecision[]): EntryRecord {
  const { id, trust, state, facts, organisations, pathwayKey, nhsHash, suggestion } = row
  const action =
    row.actionText === null
      ? null
      : {
          text: row.actionText,
          owner: row.actionOwner,
          dueOn: row.actionDueOn,
          escalated: row.actionEscalated === true,
        }
  const override =
    row.overrideTier === null || row.overrideEndsOn === null
      ? null
      : { tier: row.overrideTier, reason: row.overrideReason ?? '', endsOn: row.overrideEndsOn }
  const { acknowledged, changedAt } = row
  // Written out: spreading a record 300,000 times costs a fifth of reading them.
  return {
    id,
    trust,
    state,
    facts,
    organisations,
    pathwayKey,
    nhsHash,
    decisions,
    suggestion,
    action,
    acknowledged,
    override,
    changedAt,
  }
}
