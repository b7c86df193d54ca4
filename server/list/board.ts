import type { IsoDate } from '../../shared/date.ts'
import { clocks as clocksOn } from '../domain/clock/clock.ts'
import { bandOf } from '../domain/clock/band.ts'
import { dayOf } from '../domain/clock/day.ts'
import type { CompactPlaces } from '../domain/rank/compact.ts'
import { compactPlaces } from '../domain/rank/compact.ts'
import type { Policy } from '../domain/rank/policy.ts'
import { NOBODY } from './held/attributes.ts'
import type { Filtering } from './filter/filtering.ts'
import { filtering } from './filter/filtering.ts'
import type { EntryRecord, HeldEntry } from './held/held-entry.ts'
import { heldEntry } from './held/held-entry.ts'
import type { Columns } from './filter/matching.ts'
import type { Pathways } from './held/pathways.ts'
import { pathways } from './held/pathways.ts'
import { slotColumns, widened } from './held/slot-columns.ts'
import { slotTable } from './held/slots.ts'
import { sortSlots } from './order/radix.ts'
import type { Ranked } from './order/ranked.ts'
import { ranked } from './order/ranked.ts'

/** Past this share of the list in one batch, sorting all anew is cheaper than moving each. */
const MOVE_SHARE = 0.1
const MOVE_LEAST = 500
/** Changes times filters in use, past which it is cheaper to look again when asked: some milliseconds of the loop. */
const FOLLOWED_AT_MOST = 10_000

/** Number of an entry's last change, in the change log; undefined where it did not change. */
export type SeqOf = (id: number) => number | undefined

/**
 * The entries in memory, one slot each: flat arrays for what orders and filters them, one object for the rest.
 * Nothing here reads a database or a clock.
 */
export interface Board {
  readonly all: Ranked
  readonly filtering: Filtering
  readonly pathways: Pathways
  size(): number
  readonly asOf: () => IsoDate
  readonly policy: () => Policy
  entry(slot: number): HeldEntry | undefined
  readonly slotOf: (id: number) => number | undefined
  keyOf(slot: number): number
  organisationSetOf(slot: number): number
  /** Days on the 62-day clock or since receipt, on the board's day; null where there is neither. */
  waitDays(slot: number): number | null
  /** Valid until something is taken in. */
  columns(): Columns
  /** Takes in records without putting them in order: `order` must follow. */
  fill(records: readonly EntryRecord[], seqOf: SeqOf): void
  /** Puts everything in order for a day under a policy. Slots already right for an earlier day are only moved on. */
  order(asOf: IsoDate, policy: Policy): void
  /** Works out slot by slot what a new policy gives; once through, `order` with that policy only sorts. */
  prepare(policy: Policy): Iterable<number>
  /** Takes in changed records and drops others. @returns ids whose rows may differ */
  apply(records: readonly EntryRecord[], gone: readonly number[], seqOf: SeqOf): Set<number>
  clear(): void
}

/** @param pseudonymOf pseudonym of an entry id */
export function board(
  start: { readonly asOf: IsoDate; readonly policy: Policy },
  pseudonymOf: (id: number) => string,
): Board {
  let asOf = start.asOf
  let policy = start.policy
  let today = dayOf(asOf)
  let flat = slotColumns()
  let places = compactPlaces(flat.capacity)
  let prepared: { policy: Policy; places: CompactPlaces } | null = null
  let held: (HeldEntry | undefined)[] = []
  const slots = slotTable()
  const reports = pathways((id) => {
    const slot = slots.of(id)
    return slot === undefined ? undefined : held[slot]
  })
  const all = ranked(() => flat.ids)
  const columns = (): Columns => ({ ...flat, count: held.length })
  const filters = filtering({ flat: () => flat, columns, slotOf: slots.of, all })

  function grow(): void {
    flat = widened(flat)
    filters.grow(flat.capacity)
    places = places.grown(flat.capacity)
    prepared = null
  }

  function slotFor(id: number): number {
    const slot = slots.claim(id)
    if (slot >= flat.capacity) grow()
    flat.ids[slot] = id
    return slot
  }

  /** Works out everything about a slot but its place among the others. */
  function write(slot: number, record: EntryRecord, seq: number): HeldEntry {
    const clocks = clocksOn(record.facts, asOf)
    const known = held[slot]
    const pseudonym = known?.id === record.id ? known.pseudonym : pseudonymOf(record.id)
    const set = filters.organisations.numberOf(record.organisations)
    const organisations = filters.organisations.of(set)
    const entry = heldEntry(record, clocks.route, organisations, pseudonym, seq)
    const { facts, override } = record
    held[slot] = entry
    places.write(slot, { facts, clocks, policy, asOf, override })
    prepared = null
    filters.write(slot, entry, set, { band: bandAt(slot), today })
    flat.keys[slot] = places.keyOn(slot, today)
    return entry
  }

  function bandAt(slot: number) {
    const wait = places.waitDaysOn(slot, today)
    return Number.isNaN(wait) ? null : bandOf(wait)
  }

  function take(slot: number): void {
    filters.remove(slot)
    all.remove(slot, flat.keys[slot] ?? 0)
  }

  function sort(): void {
    const sorted = new Int32Array(slots.size())
    let count = 0
    const [first] = flat.words
    for (let slot = 0; slot < held.length; slot++)
      if (first[slot] !== NOBODY) sorted[count++] = slot
    sortSlots(sorted, flat.keys, flat.ids)
    all.load(sorted, flat.keys)
    filters.clear()
  }

  return {
    all,
    filtering: filters,
    pathways: reports,
    size: slots.size,
    asOf: () => asOf,
    policy: () => policy,
    entry: (slot) => held[slot],
    slotOf: slots.of,
    keyOf: (slot) => flat.keys[slot] ?? 0,
    organisationSetOf: (slot) => flat.sets[slot] ?? 0,
    waitDays(slot) {
      const wait = places.waitDaysOn(slot, today)
      return Number.isNaN(wait) ? null : wait
    },
    columns,
    fill(records, seqOf) {
      for (const record of records) {
        reports.add(write(slotFor(record.id), record, seqOf(record.id) ?? 0))
      }
    },
    order(onDay, under) {
      const backwards = onDay < asOf
      const ready = !backwards && prepared?.policy === under ? prepared.places : null
      const anew = ready === null && (backwards || under !== policy)
      asOf = onDay
      today = dayOf(onDay)
      policy = under
      if (ready !== null) places = ready
      else if (anew) places = compactPlaces(flat.capacity)
      prepared = null
      for (let slot = 0; slot < held.length; slot++) {
        // Whether it is due is asked of a flat array first: it seldom is, and the objects lie far apart.
        const entry = anew || places.recheckDay(slot) <= today ? held[slot] : undefined
        if (entry !== undefined) write(slot, entry, entry.seq)
      }
      places.keysOn(today, held.length, flat.keys)
      filters.moveOn(today, places.waitDaysOn)
      sort()
    },
    *prepare(under) {
      const made = { policy: under, places: compactPlaces(flat.capacity) }
      for (const [slot, entry] of held.entries()) {
        if (entry !== undefined) {
          const { facts, override } = entry
          const clocks = clocksOn(facts, asOf)
          made.places.write(slot, { facts, clocks, policy: under, asOf, override })
        }
        yield slot
      }
      prepared = made
    },
    apply(records, gone, seqOf) {
      const touched = new Set<number>()
      const changes = records.length + gone.length
      const many = changes > Math.max(MOVE_LEAST, slots.size() * MOVE_SHARE)
      if (many || changes * filters.kept() > FOLLOWED_AT_MOST) filters.clear()
      for (const id of gone) {
        touched.add(id)
        const slot = slots.of(id)
        const entry = slot === undefined ? undefined : held[slot]
        if (slot === undefined || entry === undefined) continue
        if (!many) take(slot)
        for (const other of reports.near(entry)) touched.add(other)
        reports.remove(entry)
        slots.release(id)
        held[slot] = undefined
        flat.words[0][slot] = NOBODY
      }
      for (const record of records) {
        touched.add(record.id)
        const before = slots.of(record.id)
        const slot = slotFor(record.id)
        const entry = held[slot]
        if (before !== undefined && !many) take(slot)
        if (entry !== undefined) {
          for (const other of reports.near(entry)) touched.add(other)
          reports.remove(entry)
        }
        const changed = write(slot, record, seqOf(record.id) ?? entry?.seq ?? 0)
        reports.add(changed)
        for (const other of reports.near(changed)) touched.add(other)
        if (many) continue
        all.insert(slot, flat.keys[slot] ?? 0)
        filters.insert(slot)
      }
      if (many) sort()
      return touched
    },
    clear() {
      held.forEach((entry) => {
        if (entry !== undefined) reports.remove(entry)
      })
      slots.clear()
      held = []
      sort()
    },
  }
}
