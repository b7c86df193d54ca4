import fc from 'fast-check'
import t from 'tap'
import { clocks } from '../../server/domain/clock/clock.ts'
import { allocate, half, whole } from '../../server/domain/transfer/allocation.ts'
import type { Leg, Report, Transfer } from '../../server/domain/transfer/chain.ts'
import {
  legsOf,
  reportOf,
  handOver,
  holderOn,
  transferOf,
  transferProblem,
} from '../../server/domain/transfer/chain.ts'
import { organisationsOn } from '../../server/domain/transfer/organisations.ts'
import type { Ownership } from '../../server/domain/transfer/stops.ts'
import { clockStops, ownership } from '../../server/domain/transfer/stops.ts'
import type { IsoDate } from '../../shared/date.ts'
import { addDays, daysBetween } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'

const START = '2025-03-10' as IsoDate
const day = (days: number) => addDays(START, days)
const LATER = day(400)

/** A record less some of its members. */
const lacking = <T extends object, Name extends keyof T>(record: T, ...names: Name[]) =>
  Object.fromEntries(
    Object.entries(record).filter(([name]) => !names.includes(name as Name)),
  ) as Omit<T, Name>

/** Sites AAA01, BBB01, CCC01 belong to AAA, BBB, CCC; any other is not in the table. */
const trustOf = (site: string) => (/^(AAA|BBB|CCC)01$/.test(site) ? site.slice(0, 3) : undefined)

/** Seen at AAA, told and decided there, treated at BBB on day `at`. */
const shared = (at: number, more: Partial<EntryFacts> = {}): EntryFacts => ({
  localId: 'X:1',
  priorityType: '3',
  referralSource: '03',
  referralType: '03',
  receivedOn: START,
  firstSeenOn: day(7),
  firstSeenSite: 'AAA01',
  toldOn: day(20),
  toldSite: 'AAA01',
  fdsEndReason: '01',
  diagnosis: 'C341',
  dttOn: day(30),
  dttSite: 'AAA01',
  treatedOn: day(at),
  treatmentSite: 'BBB01',
  treatmentEvent: '01',
  modality: '23',
  ...more,
})
const sent = (received: number, from = 'AAA', to = 'BBB'): Partial<EntryFacts> => ({
  iptReferrer: from,
  iptReceiver: to,
  iptRequestedOn: day(received - 2),
  iptReceivedOn: day(received),
})
const move = (
  from: string,
  to: string,
  requested: number | null,
  received: number | null,
): Transfer => ({
  from,
  to,
  requestedOn: requested === null ? null : day(requested),
  receivedOn: received === null ? null : day(received),
})
const told = (transfer: Transfer, trust = 'AAA'): Report => ({
  transfer,
  source: { kind: 'record', trust },
})
/** The chain of what one record tells, without who tells it. */
const chainOf = (transfers: readonly Transfer[]) =>
  legsOf(transfers.map((transfer) => told(transfer))).map(
    ({ from, to, requestedOn, receivedOn }) => ({ from, to, requestedOn, receivedOn }),
  )
const rtt = (facts: EntryFacts, trust = 'BBB') =>
  clockStops(facts, trust, trustOf, LATER)
    .filter(({ standard }) => standard === 'rtt62')
    .map(
      ({ trust: owner, share, breachShare }) => `${owner} ${String(breachShare)}/${String(share)}`,
    )

t.test(
  'IPT-1 organisations on a pathway: both ends of a transfer and every site, each once',
  (t) => {
    const on = (more: Partial<EntryFacts>, trust = 'AAA') =>
      organisationsOn({ localId: 'X:1', ...more }, trust, trustOf)
    t.strictSame(on({}), ['AAA'])
    t.strictSame(on({ firstSeenSite: 'AAA01' }), ['AAA'])
    for (const site of [
      'firstSeenSite',
      'upgradeSite',
      'toldSite',
      'dttSite',
      'treatmentSite',
      'stepBookedSite',
    ]) {
      t.strictSame(on({ [site]: 'BBB01' }), ['AAA', 'BBB'], site)
    }
    t.strictSame(on({ iptReferrer: 'CCC', iptReceiver: 'BBB' }), ['AAA', 'BBB', 'CCC'], 'in order')
    t.strictSame(on({ treatmentSite: 'AAA01' }, 'CCC'), ['AAA', 'CCC'])
    t.strictSame(
      on({ firstSeenSite: 'BBBXX' }),
      ['AAA'],
      'an unknown site opens nothing, whatever its prefix',
    )
    t.strictSame(
      on({ ppidIssuer: 'BBB', homeSite: 'CCC01' }),
      ['AAA'],
      'neither issuer nor home is care',
    )
    t.end()
  },
)

t.test('IPT-2 the transfer of one record, the reporting trust filling a missing end', (t) => {
  const one = (more: Partial<EntryFacts>) => transferOf({ localId: 'X:1', ...more }, 'AAA')
  t.equal(one({}), null)
  t.equal(one({ iptReceivedOn: day(9) }), null, 'a date alone names nobody')
  t.strictSame(one({ iptReceiver: 'BBB', iptRequestedOn: day(9) }), move('AAA', 'BBB', 9, null))
  t.strictSame(one({ iptReferrer: 'BBB', iptReceivedOn: day(9) }), move('BBB', 'AAA', null, 9))
  t.strictSame(one(sent(9)), move('AAA', 'BBB', 7, 9))
  t.end()
})

t.test('IPT-3 a chain in order, each transfer once, the impossible left out', (t) => {
  const ab = move('AAA', 'BBB', 10, 12)
  const bc = move('BBB', 'CCC', 30, 33)
  t.strictSame(chainOf([bc, ab]), [ab, bc])
  t.strictSame(chainOf([]), [])
  t.strictSame(
    chainOf([move('AAA', 'BBB', 10, null), move('AAA', 'BBB', null, 12)]),
    [ab],
    'its two halves',
  )
  t.strictSame(chainOf([ab, ab]), [ab])
  t.strictSame(chainOf([ab, move('AAA', 'BBB', 40, 41)]).length, 2, 'sent back and sent again')
  t.strictSame(
    chainOf([move('AAA', 'BBB', 13, null), move('AAA', 'BBB', null, 12)]).length,
    2,
    'halves that disagree',
  )
  t.strictSame(
    chainOf([
      move('AAA', 'AAA', 10, 12),
      move('AAA', 'BBB', 13, 12),
      move('AAA', 'BBB', null, null),
    ]),
    [],
  )
  t.equal(transferProblem(move('AAA', 'AAA', 10, 12)), 'a transfer from a trust to itself')
  t.equal(transferProblem(move('AAA', 'BBB', 13, 12)), 'received before it was requested')
  t.equal(transferProblem(move('AAA', 'BBB', 12, 12)), null)
  t.equal(transferProblem(move('AAA', 'BBB', null, null)), 'a transfer without a date')
  t.equal(transferProblem(move('AAA', 'BBB', null, 12)), null)
  t.strictSame(
    chainOf([move('BBB', 'AAA', 5, 5), move('AAA', 'BBB', 5, 5)]),
    [move('AAA', 'BBB', 5, 5), move('BBB', 'AAA', 5, 5)],
    'one day: by name',
  )

  const ca = move('CCC', 'AAA', 5, 6)
  t.strictSame(chainOf([ab, ca]), [ca, ab], 'by date before name')
  t.strictSame(
    chainOf([
      move('AAA', 'BBB', null, 20),
      bc,
      move('BBB', 'CCC', 11, 12),
      move('AAA', 'BBB', 10, null),
    ]),
    [move('BBB', 'CCC', 11, 12), move('AAA', 'BBB', 10, 20), bc],
    'put in order again once halves are joined',
  )
  const halves = [
    move('AAA', 'BBB', null, 20),
    move('AAA', 'BBB', 15, null),
    move('AAA', 'BBB', 10, null),
  ]
  const paired = [move('AAA', 'BBB', 10, 20)]
  t.strictSame(chainOf(halves), paired, 'one receipt answers every request before it')
  t.strictSame(chainOf([...halves].reverse()), paired)
  for (const other of [
    move('CCC', 'BBB', null, 12),
    move('AAA', 'CCC', null, 12),
    move('CCC', 'AAA', null, 12),
  ]) {
    t.equal(
      chainOf([move('AAA', 'BBB', 10, null), other]).length,
      2,
      'other ends, another transfer',
    )
  }
  t.end()
})

const SERVICE = { kind: 'service' } as const
const sourcesOf = ({ sources }: Leg) =>
  sources.map((source) => (source.kind === 'service' ? 'service' : source.trust))

t.test('IPT-3 each leg says who tells of it, and believes whoever is nearest to the event', (t) => {
  const legs = (...reports: Report[]) =>
    legsOf(reports).map((leg) => {
      const dates = [leg.requestedOn, leg.receivedOn].map((date) =>
        date === null ? null : daysBetween(START, date),
      )
      return [...dates, leg.disputed, sourcesOf(leg).join(' ')]
    })
  const a = (requested: number | null, received: number | null) =>
    told(move('AAA', 'BBB', requested, received), 'AAA')
  const b = (requested: number | null, received: number | null) =>
    told(move('AAA', 'BBB', requested, received), 'BBB')
  const here = (requested: number | null, received: number | null): Report => ({
    transfer: move('AAA', 'BBB', requested, received),
    source: SERVICE,
  })
  const third = told(move('AAA', 'BBB', 8, 12), 'CCC')

  t.strictSame(legs(a(10, null)), [[10, null, false, 'AAA']])
  t.strictSame(legs(a(10, null), b(null, 12)), [[10, 12, false, 'BBB AAA']], 'two halves')
  t.strictSame(legs(a(10, 12), b(10, 12)), [[10, 12, false, 'BBB AAA']])
  t.strictSame(legs(a(10, 12), a(10, 12)), [[10, 12, false, 'AAA']], 'a source once')
  t.strictSame(legs(a(10, 12), b(10, 14)), [[10, 14, true, 'BBB AAA']], 'receipt: the receiver')
  t.strictSame(legs(a(10, 12), b(9, 12)), [[10, 12, true, 'BBB AAA']], 'request: the referrer')
  t.strictSame(
    legs(here(11, 12), b(9, 12)),
    [[11, 12, true, 'BBB service']],
    'we before the other end',
  )
  t.strictSame(legs(a(10, 12), here(10, 13)), [[10, 13, true, 'service AAA']])
  t.strictSame(legs(a(10, 12), here(null, 12), b(10, null), third), [
    [10, 12, true, 'BBB service AAA CCC'],
  ])
  t.strictSame(legs(here(10, null), third), [[10, 12, true, 'service CCC']])
  t.strictSame(legs(here(11, null), a(10, null)), [[10, null, true, 'service AAA']], 'both open')
  t.strictSame(legs(here(12, null), third), [[12, 12, true, 'service CCC']])
  t.strictSame(
    legs(here(13, null), third),
    [
      [8, 12, false, 'CCC'],
      [13, null, false, 'service'],
    ],
    'asked for after the receipt: another transfer',
  )
  t.strictSame(
    legs(a(null, 12), b(10, 13)),
    [
      [null, 12, false, 'AAA'],
      [10, 13, false, 'BBB'],
    ],
    'two receipts and nothing in common',
  )
  t.equal(legs(a(null, 12), b(null, 13)).length, 2)
  const others = ['DDD', 'CCC'].map((code) => told(third.transfer, code))
  for (const list of [others, [...others].reverse()])
    t.strictSame(legs(...list), [[8, 12, false, 'CCC DDD']], 'others by code, in any order')
  const twice = [a(10, 12), a(9, 12)]
  for (const list of [twice, [...twice].reverse()])
    t.strictSame(legs(...list), [[9, 12, true, 'AAA']], 'two records of one trust, in any order')
  t.strictSame(reportOf({ localId: 'X:1' }, 'AAA'), [], 'no two ends, no report')
  t.strictSame(reportOf({ localId: 'X:1', ...sent(9) }, 'AAA'), [told(move('AAA', 'BBB', 7, 9))])
  t.end()
})

t.test('IPT-3 who holds the patient on a day', (t) => {
  const chain = [
    move('AAA', 'BBB', 10, 12),
    move('BBB', 'CCC', 30, 33),
    move('CCC', 'AAA', 50, null),
  ]
  const holders = { 0: 'AAA', 11: 'AAA', 12: 'BBB', 32: 'BBB', 33: 'CCC', 60: 'CCC' }
  for (const [at, holder] of Object.entries(holders))
    t.equal(holderOn(chain, 'AAA', day(Number(at))), holder, at)
  t.equal(holderOn([], 'AAA', day(5)), 'AAA')
  t.end()
})

t.test('IPT-3 the chain is the same whatever order the trusts report in', (t) => {
  const trust = fc.constantFrom('AAA', 'BBB', 'CCC')
  const date = fc.option(fc.integer({ min: 0, max: 60 }))
  const transfers = fc.array(
    fc.tuple(trust, trust, date, date).map((parts) => move(...parts)),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(transfers, (list) => {
      const chain = chainOf(list)
      t.ok(chain.every((one) => transferProblem(one) === null))
      return ['AAA', 'BBB', 'CCC'].includes(holderOn(chain, 'AAA', day(30)))
    }),
  )
  const source = fc.constantFrom(
    SERVICE,
    ...['AAA', 'BBB', 'CCC'].map((code) => told(move(code, code, 0, 0), code).source),
  )
  const reports = fc.array(
    fc.record({
      transfer: fc.tuple(trust, trust, date, date).map((parts) => move(...parts)),
      source,
    }),
    { maxLength: 6 },
  )
  const shuffled = reports.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  )
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      const legs = legsOf(list)
      const usable = list.filter(({ transfer }) => transferProblem(transfer) === null)
      const days = legs.map(({ requestedOn, receivedOn }) => receivedOn ?? requestedOn ?? '')
      return (
        JSON.stringify(legsOf(other)) === JSON.stringify(legs) &&
        legs.every((leg) => transferProblem(leg) === null && leg.sources.length > 0) &&
        days.every((date, at) => at === 0 || (days[at - 1] ?? '') <= date) &&
        usable.every(({ transfer: { from, to }, source: by }) =>
          legs.some(
            (leg) =>
              leg.from === from &&
              leg.to === to &&
              JSON.stringify(leg.sources).includes(JSON.stringify(by)),
          ),
        )
      )
    }),
    { numRuns: 1000 },
  )
  t.end()
})

t.test('IPT-4 hand-over by day 38: due, sent, overdue, in time, late, clean', (t) => {
  const due = day(38)
  const state = (transfer: Transfer | null, at: number) => handOver(transfer, due, day(at))
  t.match(state(null, 38), { state: 'due', day: 38, clean: false, dueOn: due })
  t.match(state(null, 39), { state: 'overdue', day: 39 })
  t.match(state(move('AAA', 'BBB', 30, null), 30), { state: 'sent', day: 30, clean: false })
  t.match(state(move('AAA', 'BBB', 30, null), 29), { state: 'due' }, 'sent tomorrow')
  t.match(state(move('AAA', 'BBB', 30, null), 39), { state: 'overdue' })
  t.match(state(move('AAA', 'BBB', 30, 38), 60), { state: 'inTime', day: 38, clean: true })
  t.match(state(move('AAA', 'BBB', 30, 39), 60), { state: 'late', day: 39, clean: true })
  t.match(state(move('AAA', 'BBB', 30, 39), 38), { state: 'sent', day: 38 }, 'received tomorrow')
  t.match(
    state(move('AAA', 'BBB', null, 38), 60),
    { state: 'inTime', clean: false },
    'never sent on a known day',
  )
  t.match(state(move('AAA', 'BBB', 38, 38), 60), { clean: true })
  t.match(state(move('AAA', 'BBB', 39, 38), 60), { clean: false }, 'received before sent')
  t.match(handOver(null, day(28), day(29), 28), { state: 'overdue', day: 29 })

  t.match(
    state(move('AAA', 'BBB', 30, 38), 38),
    { state: 'inTime', day: 38, clean: true },
    'received today',
  )
  t.match(state(move('AAA', 'BBB', 31, null), 30), { state: 'due' })
  t.end()
})

t.test('IPT-5 the six cases of allocation, at their edges', (t) => {
  type Row = [v38: number, v24: number, kind: string, referring: string, treating: string]
  const rows: Row[] = [
    [38, 24, 'inTime-handedOverInTime-treatedInTime', '0/0.5', '0/0.5'],
    [37, 25, 'inTime-handedOverInTime-treatedLate', '0/0.5', '0/0.5'],
    [39, 23, 'inTime-handedOverLate-treatedInTime', '0/0', '0/1'],
    [38, 25, 'breach-handedOverInTime-treatedLate', '0/0', '1/1'],
    [39, 24, 'breach-handedOverLate-treatedInTime', '1/1', '0/0'],
    [39, 25, 'breach-handedOverLate-treatedLate', '0.5/0.5', '0.5/0.5'],
    [0, 62, 'inTime-handedOverInTime-treatedLate', '0/0.5', '0/0.5'],
    [0, 63, 'breach-handedOverInTime-treatedLate', '0/0', '1/1'],
    [62, 0, 'inTime-handedOverLate-treatedInTime', '0/0', '0/1'],
    [63, 0, 'breach-handedOverLate-treatedInTime', '1/1', '0/0'],
    [70, -5, 'breach-handedOverLate-treatedInTime', '1/1', '0/0'],
  ]
  const text = ({ share, breachShare }: { share: number; breachShare: number }) =>
    `${String(breachShare)}/${String(share)}`
  for (const [v38, v24, kind, referring, treating] of rows) {
    const result = allocate({ v38, v24 })
    t.equal(result.kind, kind, `${String(v38)} + ${String(v24)}`)
    t.equal(text(result.referring), referring)
    t.equal(text(result.treating), treating)
  }
  t.equal(
    allocate({ v38: 30, v24: 20 }, 28, 21).kind,
    'breach-handedOverLate-treatedInTime',
    'other limits',
  )
  t.equal(new Set(rows.map(([, , kind]) => kind)).size, 6)
  t.end()
})

t.test('IPT-5 one case always applies, shares sum to one, only 0, 0.5 and 1 occur', (t) => {
  const days = fc.integer({ min: -30, max: 200 })
  fc.assert(
    fc.property(days, days, (v38, v24) => {
      const { kind, referring, treating } = allocate({ v38, v24 })
      const breached = v38 + v24 > 62
      return (
        kind.startsWith(breached ? 'breach' : 'inTime') &&
        referring.share + treating.share === 1 &&
        referring.breachShare + treating.breachShare === (breached ? 1 : 0) &&
        [referring, treating].every(
          ({ share, breachShare }) =>
            [0, 0.5, 1].includes(share) &&
            [0, 0.5, 1].includes(breachShare) &&
            breachShare <= share,
        )
      )
    }),
  )
  t.end()
})

t.test('IPT-5 the six cases from whole records', (t) => {
  t.strictSame(rtt(shared(62, sent(38))), ['AAA 0/0.5', 'BBB 0/0.5'])
  t.strictSame(rtt(shared(62, sent(37))), ['AAA 0/0.5', 'BBB 0/0.5'])
  t.strictSame(rtt(shared(62, sent(39))), ['BBB 0/1'])
  t.strictSame(rtt(shared(63, sent(38))), ['BBB 1/1'])
  t.strictSame(rtt(shared(63, sent(39))), ['AAA 1/1'])
  t.strictSame(rtt(shared(64, sent(39))), ['AAA 0.5/0.5', 'BBB 0.5/0.5'])
  const missed = { missedFirstAppointments: [day(5)] }
  t.strictSame(
    rtt(shared(67, { ...sent(43), ...missed })),
    ['AAA 0/0.5', 'BBB 0/0.5'],
    'first-seen days move both',
  )
  t.strictSame(rtt(shared(68, { ...sent(43), ...missed })), ['BBB 1/1'])
  t.strictSame(rtt(shared(68, { ...sent(44), ...missed })), ['AAA 1/1'])
  const stated = { firstSeenAdjustmentDays: 5, firstSeenAdjustmentReason: '3' }
  t.strictSame(rtt(shared(68, { ...sent(44), ...stated })), ['AAA 1/1'])
  const pause = { pauses: [{ from: day(50), to: day(55), reason: '8' }] }
  t.strictSame(
    rtt(shared(67, { ...sent(38), ...pause })),
    ['AAA 0/0.5', 'BBB 0/0.5'],
    'a pause is not the treating trust’s delay',
  )
  t.strictSame(rtt(shared(68, { ...sent(38), ...pause })), ['BBB 1/1'])
  const upgrade = {
    priorityType: '1',
    receivedOn: day(-20),
    upgradedOn: START,
    upgradeSite: 'AAA01',
    firstSeenSite: 'CCC01',
  }
  t.strictSame(
    rtt(shared(63, { ...sent(38), ...upgrade })),
    ['BBB 1/1'],
    'an upgrade: the trust that upgraded',
  )
  t.strictSame(rtt(shared(63, { ...sent(39), ...upgrade })), ['AAA 1/1'])

  t.strictSame(
    rtt(shared(68, { ...sent(39), ...pause })),
    ['AAA 1/1'],
    'nor does it take days off the hand-over',
  )
  t.strictSame(
    rtt(shared(68, { ...sent(43), ...stated })),
    ['BBB 1/1'],
    'stated first-seen days do',
  )
  t.end()
})

const anyShared = fc.record({
  received: fc.integer({ min: 1, max: 120 }),
  treatAfter: fc.integer({ min: 0, max: 120 }),
  decided: fc.integer({ min: 0, max: 120 }),
  missed: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 2 }),
  adjusted: fc.integer({ min: 0, max: 60 }),
  pauses: fc.array(fc.tuple(fc.integer({ min: 0, max: 150 }), fc.integer({ min: 0, max: 40 })), {
    maxLength: 2,
  }),
  upgraded: fc.boolean(),
  transfer: fc.constantFrom('whole', 'none', 'self', 'backwards', 'onward'),
})
type Shared = typeof anyShared extends fc.Arbitrary<infer T> ? T : never
const recordOf = (given: Shared, treatLater = 0): EntryFacts => {
  const at = Math.max(given.received, given.decided) + given.treatAfter + treatLater
  const transfer = {
    whole: sent(given.received),
    none: {},
    self: sent(given.received, 'AAA', 'AAA'),
    backwards: { ...sent(given.received), iptRequestedOn: day(given.received + 1) },
    onward: sent(given.received, 'CCC', 'BBB'),
  }[given.transfer]
  return shared(at, {
    ...transfer,
    firstSeenOn: day(60),
    dttOn: day(given.decided),
    missedFirstAppointments: given.missed.map(day),
    ...(given.pauses.length > 0
      ? {
          pauses: given.pauses.map(([from, days]) => ({
            from: day(from),
            to: day(from + days),
            reason: '8',
          })),
        }
      : { treatmentAdjustmentDays: given.adjusted }),
    ...(given.upgraded ? { priorityType: '1', upgradedOn: START, upgradeSite: 'AAA01' } : {}),
  })
}
const breaches = (facts: EntryFacts) =>
  clockStops(facts, 'BBB', trustOf, LATER)
    .filter(({ standard }) => standard === 'rtt62')
    .reduce((sum, { breachShare }) => sum + breachShare, 0)

t.test(
  'IPT-5 IPT-7 of any record: shares sum to one, halves and wholes only, breach as the clock says',
  (t) => {
    fc.assert(
      fc.property(anyShared, (given) => {
        const stops = clockStops(recordOf(given), 'BBB', trustOf, LATER).filter(
          ({ standard }) => standard === 'rtt62',
        )
        const sum = stops.reduce((total, { share }) => total + share, 0)
        const owed = clocks(recordOf(given), LATER).rtt62?.breached === true ? 1 : 0
        return (
          sum === 1 &&
          breaches(recordOf(given)) === owed &&
          stops.every(({ share }) => [0.5, 1].includes(share))
        )
      }),
      { numRuns: 2000 },
    )
    t.end()
  },
)

t.test('IPT-5 CLK-15 treating a day later never turns a breach into a success', (t) => {
  fc.assert(
    fc.property(anyShared, (given) => breaches(recordOf(given, 1)) >= breaches(recordOf(given))),
    { numRuns: 2000 },
  )
  t.end()
})

const ownedBy = (
  facts: EntryFacts,
  more: readonly Transfer[] = [],
  trust = 'BBB',
): Ownership | null => {
  const { route, rtt62 } = clocks(facts, LATER)
  return rtt62 === null
    ? null
    : ownership(
        facts,
        trust,
        trustOf,
        rtt62,
        route,
        more.map((transfer) => told(transfer)),
      )
}

t.test('IPT-6 one trust at both ends owns it whole', (t) => {
  t.strictSame(rtt(shared(62, { treatmentSite: 'AAA01' }), 'AAA'), ['AAA 0/1'])
  t.strictSame(rtt(shared(63, { treatmentSite: 'AAA01' }), 'AAA'), ['AAA 1/1'])
  t.strictSame(
    rtt(shared(63, { treatmentSite: 'AAA01', ...sent(20, 'AAA', 'BBB') }), 'AAA'),
    ['AAA 1/1'],
    'there and back',
  )
  t.match(ownedBy(shared(63, { treatmentSite: 'AAA01' })), {
    rule: 'IPT-6',
    settled: true,
    because: 'investigated and treated by one trust',
  })
  const unseen = lacking(shared(63), 'firstSeenSite')
  t.match(
    ownedBy(unseen),
    { rule: 'IPT-6', shares: [{ trust: 'BBB' }] },
    'nothing names another trust',
  )
  t.match(
    ownedBy({ ...unseen, ...sent(39) }),
    { rule: 'IPT-5', shares: [{ trust: 'AAA', breachShare: 1 }, { trust: 'BBB' }] },
    'the referring trust, where first seen is not known',
  )
  t.strictSame(
    [whole(false), whole(true)],
    [
      { share: 1, breachShare: 0 },
      { share: 1, breachShare: 1 },
    ],
  )
  t.end()
})

t.test('IPT-7 two trusts and no usable transfer: half each', (t) => {
  t.strictSame(rtt(shared(62)), ['AAA 0/0.5', 'BBB 0/0.5'])
  t.strictSame(rtt(shared(63)), ['AAA 0.5/0.5', 'BBB 0.5/0.5'])
  t.match(ownedBy(shared(63)), {
    rule: 'IPT-7',
    settled: true,
    because: 'two trusts and no usable record of the transfer: half each',
  })
  t.strictSame(
    rtt(shared(63, { ...sent(38), iptRequestedOn: day(39) })),
    ['AAA 0.5/0.5', 'BBB 0.5/0.5'],
    'received before requested',
  )
  t.strictSame(
    rtt(shared(63, sent(64))),
    ['AAA 0.5/0.5', 'BBB 0.5/0.5'],
    'received after treatment',
  )
  t.strictSame(rtt(shared(63, sent(63))), ['AAA 1/1'], 'received on the day of treatment is usable')
  t.strictSame(
    rtt(shared(63, sent(-1))),
    ['AAA 0.5/0.5', 'BBB 0.5/0.5'],
    'received before the clock began',
  )
  t.strictSame(rtt(shared(63, sent(0))), ['BBB 1/1'], 'on its first day')
  t.strictSame(
    rtt(shared(63, sent(38, 'AAA', 'AAA'))),
    ['AAA 0.5/0.5', 'BBB 0.5/0.5'],
    'to oneself',
  )
  const requested = { iptReferrer: 'AAA', iptReceiver: 'BBB', iptRequestedOn: day(30) }
  t.strictSame(rtt(shared(63, requested)), ['AAA 0.5/0.5', 'BBB 0.5/0.5'], 'never received')
  const upgrade = { priorityType: '1', upgradedOn: START, upgradeSite: 'CCC01' }
  t.strictSame(
    rtt(shared(63, upgrade)),
    ['CCC 0.5/0.5', 'BBB 0.5/0.5'],
    'the upgrade trust before the first-seen one',
  )
  t.strictSame(rtt(shared(63, { ...upgrade, upgradeSite: 'ZZZ01' })), [
    'AAA 0.5/0.5',
    'BBB 0.5/0.5',
  ])
  t.strictSame(
    rtt(shared(63, { upgradeSite: 'CCC01' })),
    ['AAA 0.5/0.5', 'BBB 0.5/0.5'],
    'no upgrade, no upgrade trust',
  )
  t.strictSame(
    [half(false), half(true)],
    [
      { share: 0.5, breachShare: 0 },
      { share: 0.5, breachShare: 0.5 },
    ],
  )
  t.end()
})

t.test(
  'IPT-8 three providers: between the investigating and the treating trust, and marked unsettled',
  (t) => {
    const chain = [move('AAA', 'CCC', 20, 22)]
    const three = ownedBy(shared(63, sent(40, 'CCC', 'BBB')), chain)
    t.match(three, { rule: 'IPT-8', settled: false, because: /more than two providers/ })
    t.match(
      three?.shares,
      [
        { trust: 'AAA', share: 0 },
        { trust: 'BBB', share: 1, breachShare: 1 },
      ],
      'AAA handed over on day 22',
    )
    t.match(
      ownedBy(shared(63, sent(40, 'CCC', 'BBB')))?.shares,
      [
        { trust: 'AAA', share: 0.5 },
        { trust: 'BBB', share: 0.5 },
      ],
      'the first hand-over is not known',
    )
    t.match(ownedBy(shared(63, sent(40, 'CCC', 'BBB'))), {
      rule: 'IPT-8',
      settled: false,
      because: /half each; more than two providers/,
    })
    t.match(ownedBy(shared(63, sent(38))), {
      rule: 'IPT-5',
      settled: true,
      because: 'received on day 38, treated 25 days later',
    })
    t.match(
      ownedBy(shared(63), [move('AAA', 'BBB', 20, 38)]),
      { rule: 'IPT-5', shares: [{}, { breachShare: 1 }] },
      'a transfer this service knows of',
    )

    t.equal(ownedBy(shared(63, sent(38)))?.because, 'received on day 38, treated 25 days later')
    t.equal(
      ownedBy(shared(63))?.because,
      'two trusts and no usable record of the transfer: half each',
    )
    t.strictSame([ownedBy(shared(63))?.settled, ownedBy(shared(63))?.rule], [true, 'IPT-7'])
    t.end()
  },
)

t.test('IPT-9 each stop is counted from the record of the trust where it happened', (t) => {
  const stops = (trust: string, facts = shared(63, sent(39))) =>
    clockStops(facts, trust, trustOf, LATER).map(
      ({ standard, trust: owner }) => `${standard} ${owner}`,
    )
  t.strictSame(stops('AAA'), ['fds28 AAA'])
  t.strictSame(stops('BBB'), ['dtt31 BBB', 'rtt62 AAA'])
  t.strictSame(stops('CCC'), [])
  const noSites = lacking(shared(63, { dttSite: 'AAA01' }), 'toldSite', 'treatmentSite')
  t.strictSame(
    stops('AAA', noSites),
    ['fds28 AAA', 'dtt31 AAA', 'rtt62 AAA'],
    'no sites: the reporting trust',
  )
  t.strictSame(stops('AAA', { ...noSites, treatmentSite: 'ZZZ01' }), [
    'fds28 AAA',
    'dtt31 AAA',
    'rtt62 AAA',
  ])
  t.strictSame(
    stops('AAA', shared(63, { dttOn: day(15), dttSite: 'BBB01' })),
    [],
    'the decision to treat at BBB stopped the 28 days',
  )
  t.strictSame(stops('BBB', shared(63, { dttOn: day(15), dttSite: 'BBB01', ...sent(10) })), [
    'fds28 BBB',
    'dtt31 BBB',
    'rtt62 BBB',
  ])
  const [first] = clockStops(shared(63, sent(39)), 'AAA', trustOf, LATER)
  t.strictSame(first, {
    standard: 'fds28',
    trust: 'AAA',
    stoppedOn: day(20),
    waitDays: 20,
    inTime: true,
    tumour: 'lung',
    route: 'usc',
    share: 1,
    breachShare: 0,
  })
  t.match(clockStops(shared(63, sent(39)), 'BBB', trustOf, LATER).at(-1), {
    stoppedOn: day(63),
    waitDays: 63,
    inTime: false,
    share: 1,
    breachShare: 1,
  })
  t.match(clockStops(shared(63, { ...sent(39), dttOn: day(31) }), 'BBB', trustOf, LATER)[0], {
    waitDays: 32,
    inTime: false,
    breachShare: 1,
  })
  t.strictSame(clockStops(shared(63, sent(39)), 'BBB', trustOf, day(62)), [], 'still running')
  t.strictSame(stops('BBB', shared(63, { modality: '98' })), [], 'excluded clocks give no row')
  t.strictSame(stops('AAA', shared(63, { fdsEndReason: '03', fdsExclusion: '02' })), [])

  t.strictSame(
    stops('AAA', shared(63, { dttSite: 'BBB01' })),
    ['fds28 AAA'],
    'told at AAA, decided later at BBB',
  )
  t.strictSame(stops('BBB', { localId: 'X:1' }), [], 'no clocks, no rows')
  const open = lacking(shared(63), 'dttOn', 'dttSite', 'treatedOn', 'treatmentSite')
  t.strictSame(stops('AAA', open), ['fds28 AAA'], 'told, and not decided yet')
  const decided = lacking(shared(63, { dttOn: day(15) }), 'toldOn', 'treatedOn', 'treatmentSite')
  t.strictSame(stops('AAA', decided), ['fds28 AAA'], 'decided, and not told')
  const undated = lacking(shared(63, { ecadOn: day(40), treatmentEvent: '02' }), 'toldOn', 'dttOn')
  t.strictSame(stops('BBB', undated), ['dtt31 BBB'], 'a subsequent treatment from its ECAD alone')
  t.strictSame(
    stops('BBB', shared(63, { priorityType: '1' })),
    ['dtt31 BBB'],
    'no route, no 28 and no 62 days',
  )
  t.end()
})
