import type { IsoDate } from '../../shared/date.ts'
import { clocks as clocksOn } from '../domain/clock/clock.ts'
import { bandOf } from '../domain/clock/band.ts'
import { dayOf } from '../domain/clock/day.ts'
import type { CompactPlaces } from '../domain/rank/compact.ts'
import { compactPlaces } from '../domain/rank/compact.ts'
import type { Policy } from '../domain/rank/policy.ts'
import type { Attributes } from './attributes.ts'
import { NOBODY, attributes, withBand } from './attributes.ts'
import type { EntryRecord, HeldEntry } from './held-entry.ts'
import { heldEntry } from './held-entry.ts'
import type { OrganisationSets } from './organisation-sets.ts'
import { organisationSets } from './organisation-sets.ts'
import type { Pathways } from './pathways.ts'
import { pathways } from './pathways.ts'
import { slotTable } from './slots.ts'
import { sortSlots } from './radix.ts'
import type { Ranked } from './ranked.ts'
import { ranked } from './ranked.ts'
import { textSearch } from './text-search.ts'
import type { Views } from './views.ts'
import { views } from './views.ts'

const FIRST_CAPACITY = 4096
/** Past this share of the list in one batch, sorting all anew is cheaper than moving each. */
const MOVE_SHARE = 0.1
const MOVE_LEAST = 500

/**
 * The entries in memory, one slot each: flat arrays for what orders and filters them, one object for the rest.
 * Nothing here reads a database or a clock.
 */
export interface Board {
  readonly all: Ranked
  readonly views: Views
  readonly attributes: Attributes
  readonly organisations: OrganisationSets
  readonly pathways: Pathways
  size(): number
  readonly asOf: () => IsoDate
  readonly policy: () => Policy
  entry(slot: number): HeldEntry | undefined
  readonly slotOf: (id: number) => number | undefined
  keyOf(slot: number): number
  attributesOf(slot: number): number
  organisationSetOf(slot: number): number
  /** Days on the 62-day clock or since receipt, on the board's day; null where there is neither. */
  waitDays(slot: number): number | null
  /** What filters look at, by slot; valid until something is taken in. `NOBODY` stands in empty slots. */
  columns(): {
    readonly attributes: Uint32Array
    readonly sets: Uint32Array
    readonly count: number
  }
  /** Takes in records without putting them in order: `order` must follow. */
  fill(records: readonly EntryRecord[], seq: number): void
  /** Puts everything in order for a day under a policy. Slots already right for an earlier day are only moved on. */
  order(asOf: IsoDate, policy: Policy): void
  /** Works out slot by slot what a new policy gives; once through, `order` with that policy only sorts. */
  prepare(policy: Policy): Iterable<number>
  /** Takes in changed records and drops others. @returns ids whose rows may differ */
  apply(records: readonly EntryRecord[], gone: readonly number[], seq: number): Set<number>
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
  let capacity = FIRST_CAPACITY
  let ids = new Float64Array(capacity)
  let keys = new Float64Array(capacity)
  let packed = new Uint32Array(capacity)
  let sets = new Uint32Array(capacity)
  let places = compactPlaces(capacity)
  let prepared: { policy: Policy; places: CompactPlaces } | null = null
  let held: (HeldEntry | undefined)[] = []
  const slots = slotTable()
  const codes = attributes()
  const organisations = organisationSets()
  const reports = pathways((id) => {
    const slot = slots.of(id)
    return slot === undefined ? undefined : held[slot]
  })
  const all = ranked(() => ids)
  const search = textSearch(capacity)

  const filtered = views({
    ids: () => ids,
    keys: () => keys,
    attributesOf: (slot) => packed[slot] ?? 0,
    maySee: (slot, scope) => organisations.includes(sets[slot] ?? 0, scope),
    setsSeen: organisations.flags,
    setOf: (slot) => sets[slot] ?? 0,
    matchesText: search.holds,
    findText: search.find,
    each: all.each,
  })

  function grow(): void {
    capacity *= 2
    search.grow(capacity)
    ids = copied(ids, new Float64Array(capacity))
    keys = copied(keys, new Float64Array(capacity))
    packed = copied(packed, new Uint32Array(capacity))
    sets = copied(sets, new Uint32Array(capacity))
    places = places.grown(capacity)
    prepared = null
  }

  function slotFor(id: number): number {
    const slot = slots.claim(id)
    if (slot >= capacity) grow()
    ids[slot] = id
    return slot
  }

  /** Works out everything about a slot but its place among the others. */
  function write(slot: number, record: EntryRecord, seq: number): HeldEntry {
    const clocks = clocksOn(record.facts, asOf)
    const known = held[slot]
    const pseudonym = known?.id === record.id ? known.pseudonym : pseudonymOf(record.id)
    const set = organisations.numberOf(record.organisations)
    const entry = heldEntry(record, clocks.route, organisations.of(set), pseudonym, seq)
    const { facts, override, trust } = record
    held[slot] = entry
    const nextAction = entry.nextAction?.text ?? null
    search.set(slot, { pseudonym, nextAction, trust, localId: facts.localId })
    sets[slot] = set
    places.write(slot, { facts, clocks, policy, asOf, override })
    prepared = null
    const wait = places.waitDaysOn(slot, today)
    const band = Number.isNaN(wait) ? null : bandOf(wait)
    packed[slot] = codes.pack(entry, band)
    keys[slot] = places.keyOn(slot, today)
    return entry
  }

  function take(slot: number): void {
    const key = keys[slot] ?? 0
    filtered.remove(slot, key)
    all.remove(slot, key)
  }

  function sort(): void {
    const sorted = new Int32Array(slots.size())
    let count = 0
    held.forEach((entry, slot) => {
      if (entry !== undefined) sorted[count++] = slot
    })
    sortSlots(sorted, keys, ids)
    all.load(sorted, keys)
    filtered.clear()
  }

  function moveOn(slot: number, entry: HeldEntry): void {
    if (places.recheckDay(slot) <= today) {
      write(slot, entry, entry.seq)
      return
    }
    keys[slot] = places.keyOn(slot, today)
    const wait = places.waitDaysOn(slot, today)
    packed[slot] = withBand(packed[slot] ?? 0, Number.isNaN(wait) ? null : bandOf(wait))
  }

  return {
    all,
    views: filtered,
    attributes: codes,
    organisations,
    pathways: reports,
    size: slots.size,
    asOf: () => asOf,
    policy: () => policy,
    entry: (slot) => held[slot],
    slotOf: slots.of,
    keyOf: (slot) => keys[slot] ?? 0,
    attributesOf: (slot) => packed[slot] ?? 0,
    organisationSetOf: (slot) => sets[slot] ?? 0,
    waitDays(slot) {
      const wait = places.waitDaysOn(slot, today)
      return Number.isNaN(wait) ? null : wait
    },
    columns: () => ({ attributes: packed, sets, count: held.length }),
    fill(records, seq) {
      for (const record of records) {
        reports.add(write(slotFor(record.id), record, seq))
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
      else if (anew) places = compactPlaces(capacity)
      prepared = null
      held.forEach((entry, slot) => {
        if (entry === undefined) return
        if (anew) write(slot, entry, entry.seq)
        else moveOn(slot, entry)
      })
      sort()
    },
    *prepare(under) {
      const made = { policy: under, places: compactPlaces(capacity) }
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
    apply(records, gone, seq) {
      const touched = new Set<number>()
      const many = records.length + gone.length > Math.max(MOVE_LEAST, slots.size() * MOVE_SHARE)
      if (many) filtered.clear()
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
        packed[slot] = NOBODY
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
        const changed = write(slot, record, seq)
        reports.add(changed)
        for (const other of reports.near(changed)) touched.add(other)
        if (many) continue
        all.insert(slot, keys[slot] ?? 0)
        filtered.insert(slot, keys[slot] ?? 0)
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

function copied<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
