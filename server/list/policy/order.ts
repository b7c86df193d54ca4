import type { Database, TransactionSql } from '../../../db/client.ts'
import type { IsoDate } from '../../../shared/date.ts'
import { addDays } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { PolicyOrder } from '../../../shared/policy.ts'
import { clocks as clocksOn } from '../../domain/clock/clock.ts'
import { dayOf } from '../../domain/clock/day.ts'
import { tumourOf } from '../../domain/clock/tumour.ts'
import { compactPlaces } from '../../domain/rank/compact.ts'
import { because } from '../../domain/rank/explain.ts'
import { place } from '../../domain/rank/place.ts'
import type { Policy } from '../../domain/rank/policy.ts'
import type { Override } from '../live-entry.ts'
import { sortSlots } from '../order/radix.ts'
import { FOLLOWER } from '../read-entries.ts'

const ENTRIES_A_PAGE = 4_000

interface StoredThen {
  readonly id: number
  readonly trust: string
  readonly state: string
  readonly facts: EntryFacts
  readonly tier: number | null
  readonly reason: string | null
  readonly endsOn: IsoDate | null
}

/** Keys of everybody on the list, in no order yet. */
interface Keyed {
  readonly ids: number[]
  readonly keys: number[]
}

/**
 * The list of a day made again under a version: each pathway as its facts stood when that day ended in London, with
 * the overrides there were. Read from the kept versions a few thousand at a time, so that it holds nobody's facts but
 * those of the page that is shown. [RNK-19]
 * @param from place of the first row, 0 first
 */
export async function policyOrder(
  db: Database,
  asked: {
    readonly on: IsoDate
    readonly policy: Policy
    readonly from: number
    readonly count: number
  },
  pseudonymOf: (id: number) => string,
): Promise<PolicyOrder> {
  const { on, policy, from, count } = asked
  const { ids, keys } = await keysOn(db, on, policy)
  const slots = Int32Array.from(ids, (_, slot) => slot)
  sortSlots(slots, Float64Array.from(keys), Float64Array.from(ids))
  const shown = [...slots.subarray(from, from + count)].map((slot) => ids[slot] ?? 0)
  const stored = await db.scoped(FOLLOWER, (tx) =>
    readThen(tx, on, tx`id = any(${shown}::bigint[])`, shown.length),
  )
  const byId = new Map(stored.map((entry) => [entry.id, entry]))
  return {
    on,
    version: policy.version,
    total: ids.length,
    rows: shown.flatMap((id, at) => {
      const entry = byId.get(id)
      if (entry === undefined) return []
      const { facts, trust } = entry
      const there = place(facts, clocksOn(facts, on), policy, on, overrideOf(entry))
      return {
        ...{ rank: from + at + 1, id, pseudonym: pseudonymOf(id), trust },
        ...{ tumour: tumourOf(facts), tier: there.tier, points: there.points },
        because: because(there, policy),
      }
    }),
  }
}

async function keysOn(db: Database, on: IsoDate, policy: Policy): Promise<Keyed> {
  const found: Keyed = { ids: [], keys: [] }
  const places = compactPlaces(1)
  const today = dayOf(on)
  let after = -1
  for (let isMore = true; isMore;) {
    const page = await db.scoped(FOLLOWER, (tx) =>
      readThen(tx, on, tx`id > ${after}`, ENTRIES_A_PAGE),
    )
    for (const entry of page) {
      if (entry.state !== 'open') continue
      const { id, facts } = entry
      const clocks = clocksOn(facts, on)
      places.write(0, { facts, clocks, policy, asOf: on, override: overrideOf(entry) })
      found.ids.push(id)
      found.keys.push(places.keyOn(0, today))
    }
    after = page.at(-1)?.id ?? after
    isMore = page.length === ENTRIES_A_PAGE
  }
  return found
}

/** Entries as they stood when a day ended in London, by id; those that came later are not there. */
function readThen(
  tx: TransactionSql,
  on: IsoDate,
  which: ReturnType<TransactionSql>,
  limit: number,
): Promise<StoredThen[]> {
  const end = tx`(${addDays(on, 1)}::date::timestamp at time zone 'Europe/London')`
  return tx<StoredThen[]>`
    select e.id, e.trust, v.state, v.facts, o.tier, o.reason, o.ends_on as "endsOn"
    from (select id, trust from entry where ${which} order by id limit ${limit}) e
    left join lateral (
      select state, facts from entry_version where entry_id = e.id and at < ${end}
      order by version desc limit 1
    ) v on true
    left join lateral (
      select tier, reason, ends_on from priority_override
      where entry_id = e.id and at < ${end} order by id desc limit 1
    ) o on true
    order by e.id
  `
}

function overrideOf({ tier, reason, endsOn }: StoredThen): Override | null {
  return tier === null || endsOn === null ? null : { tier, reason: reason ?? '', endsOn }
}
