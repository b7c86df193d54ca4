import t from 'tap'
import { addDays } from '../../shared/date.ts'
import type { IsoDate } from '../../shared/date.ts'
import { clocks } from '../../server/domain/clock/clock.ts'
import { dayOf } from '../../server/domain/clock/day.ts'
import { hundredths } from '../../server/domain/rank/compiled-policy.ts'
import { defaultPolicy, shippedPolicy } from '../../server/domain/rank/default-policy.ts'
import { compareKeys, packKey } from '../../server/domain/rank/order.ts'
import { place, waitFromDay } from '../../server/domain/rank/place.ts'
import type { Policy } from '../../server/domain/rank/policy.ts'
import type { ListRow } from '../../shared/list.ts'
import type { Board } from '../../server/list/board.ts'
import { board } from '../../server/list/board.ts'
import { equity } from '../../server/list/equity.ts'
import type { EntryRecord } from '../../server/list/held/held-entry.ts'
import type { Viewer } from '../../server/list/live-entry.ts'
import { pseudonyms } from '../../server/list/held/pseudonym.ts'
import { sortSlots } from '../../server/list/order/radix.ts'
import { ranked } from '../../server/list/order/ranked.ts'
import { reading } from '../../server/list/reading.ts'
import { madeUpFacts, seeded } from './made-up-entries.ts'

const TODAY = '2026-11-22' as IsoDate
const NOON = Date.parse('2026-11-22T12:00:00Z')
const TRUSTS = ['X1A', 'X2B', 'X3C']
const LEAD: Viewer = { personId: 'p', organisation: 'XAL', role: 'lead' }
const COORDINATOR: Viewer = { personId: 'p', organisation: 'X1A', role: 'coordinator' }
const names = pseudonyms('a key of the tests')

function record(id: number, random: () => number): EntryRecord {
  const trust = TRUSTS[Math.floor(random() * TRUSTS.length)] ?? 'X1A'
  const other = TRUSTS[Math.floor(random() * TRUSTS.length)] ?? 'X1A'
  const ppid = random() < 0.3 ? String(Math.floor(random() * 200)) : undefined
  return {
    id,
    trust,
    state: 'open',
    facts: {
      ...madeUpFacts(`L${String(id)}`, TODAY, random),
      ...(ppid === undefined ? {} : { ppid, ppidIssuer: 'X1A' }),
    },
    organisations: [trust, other],
    pathwayKey: ppid === undefined ? null : `X1A:${ppid}`,
    nhsHash: random() < 0.2 ? `H${String(Math.floor(random() * 50))}` : null,
    decisions: [],
    suggestion: null,
    action:
      random() < 0.3
        ? {
            text: 'Ring the ward',
            owner: ['Ann (synthetic)', 'Bea (synthetic)'][Math.floor(random() * 2)] ?? null,
            dueOn: addDays(TODAY, Math.floor(random() * 5) - 2),
            escalated: random() < 0.5,
          }
        : null,
    acknowledged: random() < 0.5,
    changedAt: Date.parse('2026-11-20') + Math.floor(random() * 172_800_000),
    override: random() < 0.05 ? { tier: 1, reason: 'x', endsOn: addDays(TODAY, 3) } : null,
  }
}

/** The order worked out the slow way, from the facts of everybody. */
function naiveOrder(records: Iterable<EntryRecord>, asOf: IsoDate, policy: Policy): number[] {
  const today = dayOf(asOf)
  return [...records]
    .map(({ id, facts, override }) => {
      const known = clocks(facts, asOf)
      const { tier, points } = place(facts, known, policy, asOf, override)
      const from = waitFromDay(facts, known, today)
      const waitDays = Number.isNaN(from) ? 0 : Math.max(0, today - from)
      return { tier, pointsHundredths: hundredths(points), waitDays, id }
    })
    .sort(compareKeys)
    .map((key) => key.id)
}

function isOverdue(row: ListRow | undefined, asOf: IsoDate): boolean {
  const due = row?.nextAction?.dueOn ?? null
  return due !== null && due < asOf
}

t.test('sorted blocks do what a sorted array does', (t) => {
  const random = seeded(7)
  const ids = Float64Array.from({ length: 5000 }, (_, slot) => slot + 1)
  const keys = new Float64Array(5000)
  const list = ranked(() => ids)
  const model = new Set<number>()
  const order = () => [...model].sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b)
  for (let step = 0; step < 30_000; step++) {
    // First it mostly grows, then it mostly shrinks, so that blocks split and go.
    const slot = Math.floor(random() * 5000)
    const key = keys[slot] ?? 0
    if (model.has(slot)) {
      if (random() < (step < 15_000 ? 0.3 : 0.9)) {
        list.remove(slot, key)
        model.delete(slot)
      }
    } else if (step < 15_000 || random() < 0.1) {
      keys[slot] = Math.floor(random() * 50)
      list.insert(slot, keys[slot] ?? 0)
      model.add(slot)
    }
  }
  const expected = order()
  t.ok(expected.length > 100, 'something is left')
  t.strictSame(list.slice(0, 5000), expected)
  t.strictSame(list.slice(37, 20), expected.slice(37, 57))
  t.strictSame(list.slice(expected.length, 5), [])
  const ranks = expected.map((slot) => list.rank(keys[slot] ?? 0, ids[slot] ?? 0))
  t.strictSame(ranks, [...expected.keys()])
  t.equal(list.remove(expected[0] ?? 0, -1), false, 'not under a key it never had')
  for (const slot of expected) t.ok(list.remove(slot, keys[slot] ?? 0))
  t.equal(list.size(), 0)
  t.strictSame(list.slice(0, 5), [])
  t.end()
})

t.test('RNK-2 sorting by digits is sorting by key, then id', (t) => {
  const random = seeded(11)
  const upTo = (count: number) => Math.floor(random() * count)
  const kinds: readonly (readonly [string, number, () => number])[] = [
    ['nobody', 0, () => 0],
    ['one', 1, () => 5],
    ['all alike', 500, () => packKey(2, 100, 7)],
    ['few', 4000, () => upTo(20)],
    ['as real ones are', 4000, () => packKey(upTo(3), upTo(101_200), upTo(150))],
    ['with one waiting since 1900', 4000, () => packKey(2, 0, random() < 0.01 ? 46_000 : 3)],
    ['that differ in all their bits', 4000, () => packKey(upTo(16), upTo(2 ** 28), upTo(2 ** 16))],
    ['few and any', 4000, () => (random() < 0.5 ? upTo(20) : upTo(2 ** 48))],
  ]
  for (const [name, count, keyOf] of kinds) {
    // Also ids that do not ascend with slots: a slot given again to an older entry.
    for (const step of [1, 7919]) {
      const keys = Float64Array.from({ length: count }, keyOf)
      const ids = Float64Array.from({ length: count }, (_, slot) => (slot * step) % (count + 1))
      const slots = Int32Array.from({ length: count }, (_, slot) => slot)
      const expected = [...slots].sort(
        (a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || (ids[a] ?? 0) - (ids[b] ?? 0),
      )
      sortSlots(slots, keys, ids)
      t.strictSame([...slots], expected, `${name}, ids by ${step}`)
    }
  }
  t.end()
})

t.test('pseudonyms: stable, one to one, not in sequence, read back however typed', (t) => {
  const seen = new Set<string>()
  for (let id = 0; id < 20_000; id++) {
    const name = names.of(id)
    seen.add(name)
    if (names.idOf(name) !== id || !/^P-[0-9A-HJKMNP-TV-Z]{8}$/.test(name)) t.fail(`${id}: ${name}`)
  }
  t.equal(seen.size, 20_000)
  t.equal(names.idOf(names.of(2 ** 40 - 1)), 2 ** 40 - 1)
  t.equal(pseudonyms('a key of the tests').of(5), names.of(5))
  t.not(pseudonyms('another key').of(5), names.of(5))
  t.equal(names.idOf(names.of(77).toLowerCase().replaceAll('0', 'o')), 77)
  t.equal(names.idOf('P-123'), null)
  const shared = Array.from(names.of(1)).filter((symbol, at) => names.of(2)[at] === symbol).length
  t.ok(shared < 6, 'neighbours do not look alike')
  t.end()
})

t.test('RNK-2 RNK-12 10,000 random edits leave the list as a sort of everybody would', (t) => {
  const random = seeded(3)
  const held = board({ asOf: TODAY, policy: defaultPolicy }, names.of)
  const asked = reading(held, (code) => TRUSTS.includes(code))
  const model = new Map<number, EntryRecord>()
  const seqs = new Map<number, number>()
  const lastSeq = (id: number) => seqs.get(id) ?? (id * 7) % 1000
  for (let id = 1; id <= 1500; id++) model.set(id, record(id, random))
  held.fill([...model.values()], lastSeq)
  held.order(TODAY, defaultPolicy)
  const filters = [
    {},
    { trust: 'X2B' },
    { tumour: 'lung' as const },
    { band: 'over104' as const },
    { action: 'overdue' as const },
    { owner: 'Ann (synthetic)' },
    { changed: 'new' as const },
  ]
  held.filtering.looks.sawList(COORDINATOR.personId, 500, NOON)
  const check = (title: string, asOf: IsoDate, policy: Policy) => {
    const order = naiveOrder(model.values(), asOf, policy)
    t.strictSame(
      asked.page({}, 0, 5000, LEAD).rows.map((row) => row.id),
      order,
      title,
    )
    for (const filter of filters) {
      for (const viewer of [LEAD, COORDINATOR]) {
        const rows = asked.page(filter, 0, 5000, viewer).rows
        const expected = order.filter((id) => {
          const row = asked.row(id, LEAD)
          const mine = model.get(id)?.organisations.includes('X1A') === true
          return (
            (viewer === LEAD || mine) &&
            (filter.trust === undefined || row?.trust === filter.trust) &&
            (filter.tumour === undefined || row?.tumour === filter.tumour) &&
            (filter.band === undefined || row?.band === filter.band) &&
            (filter.action === undefined || isOverdue(row, asOf)) &&
            (filter.owner === undefined ||
              (viewer !== LEAD &&
                asked.row(id, COORDINATOR)?.nextAction?.owner === filter.owner)) &&
            (filter.changed === undefined || held.filtering.looks.isNew('p', id, lastSeq(id)))
          )
        })
        t.strictSame(
          rows.map((row) => row.id),
          expected,
          `${title}: ${JSON.stringify(filter)} as ${viewer.role}`,
        )
        t.ok(
          rows.every((row) => order[row.rank - 1] === row.id),
          'ranks are those of all',
        )
      }
    }
  }
  /** Counts kept from edit to edit are those that counting everybody anew gives. */
  const checkCounts = (title: string) => {
    const asking = [...filters, { text: 'ward' }, { text: 'l1', band: 'd0to28' as const }]
    const told = () =>
      asking.flatMap((filter) => [LEAD, COORDINATOR].map((who) => asked.facets(filter, who)))
    const kept = told()
    const lists = asking.map((filter) => asked.count(filter, COORDINATOR))
    held.filtering.clear()
    t.same(kept, told(), `counts ${title}`)
    t.same(
      lists,
      asking.map((filter) => asked.count(filter, COORDINATOR)),
      `sizes ${title}`,
    )
  }
  check('filled', TODAY, defaultPolicy)
  checkCounts('filled')
  for (let edit = 1; edit <= 10_000; edit++) {
    const id = 1 + Math.floor(random() * 1800)
    const kind = random()
    const touched =
      kind < 0.15
        ? (model.delete(id), held.apply([], [id], () => undefined))
        : (() => {
            const changed = record(id, random)
            model.set(id, changed)
            seqs.set(id, 1000 + edit)
            return held.apply([changed], [], lastSeq)
          })()
    asked.forget(touched)
    if (edit % 250 === 0) checkCounts(`after ${edit} edits`)
    if (edit % 1000 === 0) {
      held.filtering.looks.sawList(COORDINATOR.personId, 700 + edit, NOON)
      held.filtering.forgetNewTo(COORDINATOR.personId)
    }
    if (edit % 2500 === 0) check(`after ${edit} edits`, TODAY, defaultPolicy)
  }
  let day = TODAY
  for (const days of [1, 1, 30, 160]) {
    day = addDays(day, days)
    held.order(day, defaultPolicy)
    asked.forget('all')
    check(`on ${day}`, day, defaultPolicy)
  }
  const draft: Policy = {
    ...shippedPolicy,
    version: 2,
    standards: {
      ...shippedPolicy.standards,
      fds28: { late: 9, closer: 1, closerWithinDays: 20, why: 'to be told first' },
    },
  }
  for (const slot of held.prepare(draft)) if (slot < 0) t.fail('no such slot')
  held.order(day, draft)
  asked.forget('all')
  check('under another policy', day, draft)
  held.order(TODAY, defaultPolicy)
  asked.forget('all')
  check('back on the first day', TODAY, defaultPolicy)
  const many = Array.from({ length: 900 }, (_, index) => record(index + 1, random))
  for (const one of many) model.set(one.id, one)
  asked.forget(held.apply(many, [], lastSeq))
  check('after many at once', TODAY, defaultPolicy)
  t.end()
})

t.test('RNK-2 RNK-12 an edit moves the one it is of, and nobody else', (t) => {
  const random = seeded(12)
  const held = board({ asOf: TODAY, policy: defaultPolicy }, names.of)
  held.fill(
    Array.from({ length: 800 }, (_, index) => record(index + 1, random)),
    () => 1,
  )
  held.order(TODAY, defaultPolicy)
  const others = (id: number) =>
    held.all.slice(0, 1000).filter((slot) => held.entry(slot)?.id !== id)
  for (let edit = 0; edit < 300; edit++) {
    const id = 1 + Math.floor(random() * 800)
    const before = others(id)
    held.apply([record(id, random)], [], () => edit + 2)
    if (others(id).join() !== before.join()) t.fail(`edit ${edit} of ${id} moved others`)
  }
  t.equal(held.size(), 800)
  t.end()
})

const FACETS = [
  ...(['trust', 'tumour', 'step', 'band', 'route', 'code'] as const),
  ...(['owner', 'action', 'escalation', 'changed'] as const),
]

/** What a filter would have to name to show this row, from the row itself. */
function valueOf(
  row: ListRow,
  part: (typeof FACETS)[number],
  viewer: Viewer,
  held: Board,
): string | null {
  const due = row.nextAction?.dueOn
  switch (part) {
    case 'code':
      return row.priority === null ? null : `${row.priority.scale}:${row.priority.code}`
    case 'owner':
      return row.nextAction?.owner ?? null
    case 'action':
      if (row.nextAction === null) return 'missing'
      if (due === null || due === undefined) return 'undated'
      return due < TODAY ? 'overdue' : due === TODAY ? 'today' : 'planned'
    case 'changed':
      return held.filtering.looks.isNew(viewer.personId, row.id, row.seq) ? 'new' : null
    default:
      return row[part]
  }
}

t.test('RNK-16 RNK-17 facets say what choosing a value would show', (t) => {
  const random = seeded(5)
  const held = board({ asOf: TODAY, policy: defaultPolicy }, names.of)
  const asked = reading(held, (code) => TRUSTS.includes(code))
  held.fill(
    Array.from({ length: 2000 }, (_, index) => record(index + 1, random)),
    (id) => id % 1000,
  )
  held.order(TODAY, defaultPolicy)
  const filters = [
    {},
    { trust: 'X1A' },
    { trust: 'X1A', band: 'd0to28' as const, step: 'ct' as const },
    { trust: 'ZZZ', tumour: 'lung' as const },
    { text: 'p-7' },
    { text: 'clinic', route: 'usc' as const },
    { text: '-7' },
    { code: 'surgery:P2' },
    { code: 'surgery:P9', action: 'overdue' as const },
    { owner: 'Ann (synthetic)', escalation: 'waiting' as const },
    { owner: 'nobody known' },
    { action: 'missing' as const, trust: 'X1A' },
    { changed: 'new' as const, band: 'd29to62' as const },
    { code: 'surgery:P3', owner: 'Bea (synthetic)', action: 'today' as const, text: 'ward' },
  ]
  held.filtering.looks.sawList(LEAD.personId, 500, NOON)
  for (let id = 1; id < 300; id++) held.filtering.looks.sawEntry(LEAD.personId, id, 900)
  for (const filter of filters) {
    for (const viewer of [LEAD, COORDINATOR]) {
      const title = `${JSON.stringify(filter)} as ${viewer.role}`
      const counts = asked.facets(filter, viewer)
      t.equal(counts.total, asked.count(filter, viewer), title)
      for (const part of FACETS) {
        for (const [value, count] of Object.entries(counts[part])) {
          const chosen = { ...filter, [part]: value }
          if (asked.count(chosen, viewer) !== count) t.fail(`${title}: ${part} ${value} ${count}`)
        }
        // Every value that would show somebody is told, and the filter shows exactly those that hold it.
        const told = Object.values(counts[part]).reduce((sum, count) => sum + count, 0)
        const others = asked.page({ ...filter, [part]: undefined }, 0, 5000, viewer).rows
        const holding = others.filter((row) => valueOf(row, part, viewer, held) !== null).length
        t.equal(told, holding, `${title}: all of ${part}`)
      }
      const wanted = Object.entries(filter).filter(([part]) => part !== 'text')
      for (const row of asked.page(filter, 0, 5000, viewer).rows)
        for (const [part, value] of wanted)
          if (valueOf(row, part as (typeof FACETS)[number], viewer, held) !== value)
            t.fail(`${title}: row ${row.id} is not ${value}`)
    }
  }
  t.equal(Object.keys(asked.facets({ trust: 'ZZZ' }, LEAD).trust).length, 3)
  t.equal(asked.facets({ trust: 'ZZZ' }, LEAD).total, 0)
  t.end()
})

t.test('RNK-9 the equity report tells no median of fewer than five waits', async (t) => {
  const random = seeded(2)
  const held = board({ asOf: TODAY, policy: defaultPolicy }, names.of)
  const asked = reading(held, (code) => TRUSTS.includes(code))
  // Six people of one group; the 62 days run for as many of them as are said, the others have no known route.
  const reported = async (running: number) => {
    const people = Array.from({ length: 6 }, (_, index) => ({
      ...record(index + 1, random),
      facts: {
        ...{
          localId: `L${String(index)}`,
          ethnicity: 'A',
          receivedOn: addDays(TODAY, -10 - index),
        },
        ...(index < running ? { priorityType: '3', referralType: '03' } : { priorityType: '1' }),
      },
    }))
    held.clear()
    held.fill(people, () => 1)
    held.order(TODAY, defaultPolicy)
    const { groups } = await equity({ asOf: held.asOf, entries: asked.entries }, () => null)
    return groups.ethnicity[0]
  }
  t.match(await reported(4), { group: 'A', people: 6, medianWaitDays: null })
  t.match(await reported(5), { group: 'A', people: 6, medianWaitDays: 12 })
  t.match(await reported(0), { group: 'A', people: 6, medianWaitDays: null })
})

t.test('a row is the same object while nothing in it changed', (t) => {
  const random = seeded(9)
  const held = board({ asOf: TODAY, policy: defaultPolicy }, names.of)
  const asked = reading(held, (code) => TRUSTS.includes(code))
  const records = Array.from({ length: 700 }, (_, index) => record(index + 1, random))
  held.fill(records, () => 1)
  held.order(TODAY, defaultPolicy)
  const before = asked.page({}, 0, 50, LEAD).rows
  // Somebody far down whom nobody above is linked to.
  const later = asked.page({}, 50, 650, LEAD).rows.map((row) => row.id)
  const changed = records.find((one) => later.includes(one.id) && one.pathwayKey === null)
  if (changed === undefined) throw new Error('nobody at the end')
  asked.forget(held.apply([changed], [], () => 2))
  const after = asked.page({}, 0, 50, LEAD).rows
  t.ok(after.every((row, at) => row === before[at]))
  t.equal(asked.row(changed.id, LEAD)?.seq, 2)
  t.end()
})
