import t from 'tap'
import { balance } from '../../server/domain/measure/balance.ts'
import { backlog, suppressedBacklog } from '../../server/domain/measure/backlog.ts'
import { demandLine } from '../../server/domain/measure/demand.ts'
import { forecast } from '../../server/domain/measure/forecast.ts'
import type { OpenWait } from '../../server/domain/measure/open-wait.ts'
import { quantile } from '../../server/domain/measure/quantile.ts'
import * as queues from '../../server/domain/measure/queue.ts'
import { road, suppressedRoad, type RoadMove } from '../../server/domain/measure/road.ts'
import { stages, suppressedStage } from '../../server/domain/measure/stages.ts'
import { monthBefore, standardLine } from '../../server/domain/measure/standards.ts'
import { suppressedStandard } from '../../server/domain/measure/standards.ts'
import { suppressTable } from '../../server/domain/measure/suppress.ts'
import { dueOn, lastSunday, sundayOf } from '../../server/domain/measure/weekly-return.ts'
import { weeklyReturn } from '../../server/domain/measure/weekly-return.ts'
import fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { csvOf } from '../../server/measures/csv.ts'
import { openFresh } from '../../server/measures/fresh.ts'
import { measureRoutes } from '../../server/measures/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import type { IsoDate } from '../../shared/date.ts'
import { addDays, toDay } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import * as measures from '../../shared/measures.ts'
import { TODAY, referral, testAlliance } from '../alliance.ts'

/** The last one that is over: TODAY is a Sunday itself. */
const SUNDAY = '2026-11-15' as IsoDate
const TRUSTS = new Map([
  ['XAA', 'Trust A'],
  ['XBB', 'Trust B'],
])

function wait(more: Partial<OpenWait>): OpenWait {
  return {
    trust: 'XAA',
    isFirstReport: true,
    tumour: 'lung',
    route: 'usc',
    waitDays: 10,
    step: 'ct',
    stepDays: 3,
    isBooked: false,
    fds28: null,
    dtt31: null,
    rtt62TargetDay: null,
    ...more,
  }
}

const HOUR_MS = 3_600_000

function roadMove(
  state: RoadMove['state'],
  answers: string,
  more: Partial<RoadMove> = {},
): RoadMove {
  const sides = { r: 'referrer', p: 'patient', t: 'receiver', c: 'clinician' } as const
  return {
    fromTrust: 'XAA',
    state,
    createdMs: 0,
    daysSooner: 5,
    // such as `r+2 p-9`: the referring team yes after two hours, the patient no after nine; `c-9` a clinician's veto
    answers: answers.split(' ').flatMap((text) => {
      const [side, sign, ...hours] = text
      if (side !== 'r' && side !== 'p' && side !== 't' && side !== 'c') return []
      const no = sign === '-'
      const atMs = Number(hours.join('')) * HOUR_MS
      const reasonCode = no ? (side === 'p' ? 'travelTooFar' : 'clinicianVeto') : null
      return [{ side: sides[side], answer: no ? 'no' : 'yes', reasonCode, atMs } as const]
    }),
    ...more,
  }
}

t.test('MEA-11 the road: who was asked, what they said, how long it took, what it saved', (t) => {
  const moves = [
    roadMove('suggested', ''),
    roadMove('patientOffered', 'r+1'),
    roadMove('declined', 'r+2 p-6'),
    roadMove('declined', 'r-3'),
    roadMove('declined', 'r+4 p+8 t-9'),
    roadMove('transferred', 'r+4 p+10 t+34', { daysSooner: 9 }),
    roadMove('transferred', 'r+6 p+8 t+18', { daysSooner: 7, fromTrust: 'XBB' }),
    roadMove('declined', 'r+2 p+4 c-5'),
    roadMove('withdrawn', 'r+5'),
    roadMove('expired', ''),
    roadMove('accepted', 'r+1 p+2 t+3'),
  ]
  const { lines, all } = road(moves, TRUSTS)
  t.match(all, {
    suggested: 11,
    offered: 8,
    agreed: 3,
    underWay: 3,
    transferred: 2,
    declined: 4,
    withdrawn: 1,
    expired: 1,
    declines: { travelTooFar: 1, clinicianVeto: 3, other: 0 },
    declinedBy: { referrer: 1, patient: 1, receiver: 1, clinician: 1 },
    daysSaved: 16,
  })
  // referrer 1 2 3 4 4 6 2 5 1; patient 4 4 6 2 2 1; receiver 1 24 10 1: each from the yes before
  t.match(all.medianHours, { referrer: 3, patient: 3, receiver: 5.5 })
  t.same(
    lines.map(({ group, suggested, daysSaved }) => [group?.name, suggested, daysSaved]),
    [
      ['Trust A', 10, 9],
      ['Trust B', 1, 7],
    ],
  )
  const hidden = suppressedRoad({ lines, all })
  t.match(hidden.lines[1], { suggested: null, transferred: null, daysSaved: null })
  t.match(hidden.lines[1]?.medianHours, { referrer: null })
  t.equal(hidden.all.suggested, 11)
  t.equal(hidden.all.declines['clinicianVeto'], null)
  t.match(road([], TRUSTS).all, { suggested: 0, medianHours: { patient: null } })
  t.end()
})

t.test('MEA-6 queue arithmetic, each value recomputed in domain.md section 8', async (t) => {
  const cases: [string, number, number][] = [
    ['load(30, 27)', queues.load(30, 27), 1.1111111],
    ['target queue (30, 52)', queues.targetQueue(30, 52), 390],
    ['relief (30, 1200, 390, 26)', queues.reliefCapacity(30, 1200, 390, 26), 61.153846],
    [
      'target capacity (30, 52, 3, 1.1, 1.2)',
      queues.targetCapacity(30, 52, 3, { demand: 1.1, capacity: 1.2 }),
      30.076442,
    ],
    ['pressure (63, 52)', queues.pressure(63, 52), 2.42307692],
  ]
  for (const [title, value, wanted] of cases) t.ok(Math.abs(value - wanted) < 1e-6, title)
})

t.test('MEA-6 a queue from its weekly counts', async (t) => {
  const group = { code: 'XAA', name: 'Trust A' }
  const line = demandLine({ group, arrivals: [10, 14], departures: [8, 12], waits: [7, 21, 14] }, 4)
  t.match(line, {
    demandPerWeek: 12, // (10 + 14) / 2
    capacityPerWeek: 10,
    load: 1.2,
    queue: 3,
    meanWaitWeeks: 2,
    targetQueue: 12, // 12 x 4 / 4
    reliefCapacityPerWeek: null, // 3 is below 12
    pressure: 1, // 2 x 2 / 4
    demandVariation: 0.236, // sqrt(8) / 12
    capacityVariation: 0.283, // sqrt(8) / 10
    targetCapacityPerWeek: 12.1, // 12 + ((0.0556 + 0.08) / 2) x 4 / 4
  })
  const waits = Array.from({ length: 38 }, () => 7)
  const long = demandLine({ group, arrivals: [12], departures: [10], waits }, 4)
  t.equal(long.reliefCapacityPerWeek, 13, '12 + (38 - 12) / 26')
  const empty = demandLine({ group, arrivals: [0], departures: [0], waits: [] }, 4)
  t.match(empty, { load: null, pressure: null, meanWaitWeeks: null, demandVariation: 0 })
})

t.test('MEA-2 bands at their edges, and a pathway that two report', async (t) => {
  const days = [0, 28, 29, 62, 63, 104, 105, null]
  const { lines, all } = backlog(
    [
      ...days.map((waitDays) => wait({ waitDays })),
      wait({ trust: 'XBB', waitDays: 70, isFirstReport: false }),
    ],
    'trust',
    TRUSTS,
  )
  const counts = { d0to28: 2, d29to62: 2, d63to104: 2, over104: 1, undated: 1 }
  t.match(lines[0], { group: { code: 'XAA', name: 'Trust A' }, total: 8, over62: 3, ...counts })
  t.match(lines[1], { group: { code: 'XBB' }, total: 1, over62: 1 })
  t.match(all, { group: null, total: 8, ...counts }, 'once in the total')
  const byTumour = backlog([wait({}), wait({ isFirstReport: false })], 'tumour', TRUSTS)
  t.match(byTumour.lines, [{ group: { code: 'lung', name: 'Lung' }, total: 1 }])
})

t.test('MEA-3 stages: of those whose day is known', async (t) => {
  const lines = stages(
    [
      wait({ stepDays: 2, waitDays: 20 }),
      wait({ stepDays: 4, waitDays: 30, isBooked: true }),
      wait({ stepDays: null, waitDays: 100 }),
      wait({ step: null }),
      wait({ step: 'mri', waitDays: null, stepDays: null, trust: 'XBB' }),
    ],
    TRUSTS,
  )
  t.match(lines[0], {
    trust: 'XAA',
    step: 'ct',
    count: 3,
    booked: 1,
    dated: 2,
    medianDays: 3,
    p90Days: 3.8, // 2 + 0.9 x 2
    medianPathwayDays: 30,
  })
  t.match(lines[1], { trust: 'XBB', count: 1, dated: 0, medianDays: null, medianPathwayDays: null })
  t.equal(lines.length, 2)
  t.match(lines.map(suppressedStage)[0], { count: null, medianDays: null, p90Days: null })
  t.equal(quantile([], 0.5), null)
  t.equal(quantile([5], 0.9), 5)
})

t.test('MEA-1 halves are kept and the threshold is that of the month', async (t) => {
  const stops = {
    standard: 'fds28',
    month: '2026-02',
    group: null,
    total: 10.5,
    breaches: 2.5,
  } as const
  t.match(standardLine(stops, TODAY), { inTime: 8, pct: 76.2, thresholdPct: 75, met: true })
  t.match(standardLine({ ...stops, month: '2026-03' }, TODAY), { thresholdPct: 80, met: false })
  t.equal(standardLine({ ...stops, month: '2026-11' }, TODAY).complete, false)
  t.equal(standardLine({ ...stops, month: '2026-10' }, TODAY).complete, true)
  const nearly = standardLine({ ...stops, total: 10_000, breaches: 2_501 }, TODAY)
  t.match(nearly, { pct: 75, met: false }, 'judged on the counts, not on the rounded figure')
  t.match(standardLine({ ...stops, total: 0, breaches: 0 }, TODAY), { pct: null, met: null })
  t.match(suppressedStandard(standardLine(stops, TODAY)), { total: null, inTime: null, pct: null })
  t.match(suppressedStandard(standardLine({ ...stops, total: 100, breaches: 20 }, TODAY)), {
    total: 100,
  })
  t.equal(monthBefore(TODAY, 0), '2026-11')
  t.equal(monthBefore(TODAY, 11), '2025-12')
  t.equal(monthBefore(TODAY, 12), '2025-11')
})

t.test('MEA-5 the gap is who has no slot in sight', async (t) => {
  const slots = { trust: 'XAA', step: 'ct', slots: 5, openSlots: 2, promised: 1 } as const
  const lines = balance(
    [wait({}), wait({ isBooked: true }), wait({ trust: 'XBB' })],
    [slots],
    TRUSTS,
  )
  t.match(lines, [
    { trust: 'XBB', waiting: 1, booked: 0, slots: 0, free: 0, gap: 1 },
    { trust: 'XAA', waiting: 2, booked: 1, slots: 5, openSlots: 2, free: 4, gap: -3 },
  ])
})

t.test('MEA-7 a straight line, never below nought, with its spread', async (t) => {
  const targets = [toDay(TODAY) + 6, toDay(TODAY) + 7, toDay(TODAY) - 1]
  const steady = forecast(100, [12, 12], [10, 10], targets, TODAY)
  t.equal(steady.length, 12)
  t.match(steady[0], { week: 1, weekEndsOn: '2026-11-29', queue: 102, low: 102, high: 102 })
  t.equal(steady[0]?.past62IfNobodyTreated, 2, 'the last day in time is in time')
  t.equal(steady[1]?.past62IfNobodyTreated, 3)
  t.equal(steady[11]?.queue, 124)
  const falling = forecast(10, [0, 0], [6, 6], [], TODAY)
  t.equal(falling[1]?.queue, 0)
  const varying = forecast(100, [10, 14], [10, 10], [], TODAY)
  t.match(varying[3], { queue: 108, low: 100.8, high: 115.2 }, '1.2816 x sqrt(4 x 8) = 7.2498')
})

t.test('MEA-4 weeks', async (t) => {
  const cases: [string, string][] = [
    ['2026-11-22', '2026-11-15'], // a Sunday is not over
    ['2026-11-23', '2026-11-22'],
    ['2026-11-28', '2026-11-22'],
  ]
  for (const [day, wanted] of cases) t.equal(lastSunday(day as IsoDate), wanted, day)
  t.equal(sundayOf('2026-11-16' as IsoDate), '2026-11-22')
  t.equal(sundayOf('2026-11-22' as IsoDate), '2026-11-22')
  t.equal(dueOn(SUNDAY), '2026-11-18', 'a Wednesday')
})

t.test('MEA-4 the weekly return counts Sunday and the seven days up to it', async (t) => {
  const ago = (days: number) => addDays(SUNDAY, -days)
  const usc = {
    priorityType: '3',
    referralType: '01',
    referralSource: '03',
    tumour: 'lung',
  } as const
  const lines = (facts: Partial<EntryFacts>, leftOn: IsoDate | null = null) =>
    weeklyReturn([{ facts: { localId: 'A', ...usc, ...facts }, leftOn }], SUNDAY)
  const counted = (of: ReturnType<typeof lines>) =>
    of.flatMap(({ section, route, ...counts }) =>
      Object.entries(counts).flatMap(([name, count]) =>
        name === 'routeLabel' || count === 0 ? [] : [`${section} ${route} ${name}`],
      ),
    )
  const cases: [string, Partial<EntryFacts>, string[]][] = [
    ['day 28', { receivedOn: ago(28) }, ['withoutDtt usc d0to28']],
    ['day 29', { receivedOn: ago(29) }, ['withoutDtt usc d29to62', 'withoutDtt usc passed28']],
    ['day 35', { receivedOn: ago(35) }, ['withoutDtt usc d29to62', 'withoutDtt usc passed28']],
    ['day 36', { receivedOn: ago(36) }, ['withoutDtt usc d29to62']],
    ['day 63', { receivedOn: ago(63) }, ['withoutDtt usc d63to104', 'withoutDtt usc passed62']],
    ['day 105', { receivedOn: ago(105) }, ['withoutDtt usc over104', 'withoutDtt usc passed104']],
    [
      'received on Monday',
      { receivedOn: ago(6) },
      ['withoutDtt usc d0to28', 'withoutDtt usc referrals'],
    ],
    ['received the Sunday before', { receivedOn: ago(7) }, ['withoutDtt usc d0to28']],
    ['received after', { receivedOn: ago(-1) }, []],
    [
      'seen',
      { receivedOn: ago(10), firstSeenOn: ago(0) },
      ['withoutDtt usc d0to28', 'withoutDtt usc seen'],
    ],
    ['decided', { receivedOn: ago(40), dttOn: ago(0) }, ['withDtt usc d29to62']],
    ['decided after', { receivedOn: ago(40), dttOn: ago(-1) }, ['withoutDtt usc d29to62']],
    [
      'bowel screening',
      { receivedOn: ago(10), priorityType: '2', referralSource: '17', tumour: 'lowerGi' },
      ['withoutDtt screeningBowel d0to28'],
    ],
    [
      'upgraded',
      { receivedOn: ago(40), priorityType: '1', upgradedOn: ago(2) },
      ['withoutDtt upgrade d0to28', 'withoutDtt upgrade upgrades'],
    ],
  ]
  for (const [title, facts, wanted] of cases) t.same(counted(lines(facts)), wanted, title)

  const treated = (daysAgo: number, waited: number) =>
    counted(
      lines({
        receivedOn: ago(daysAgo + waited),
        firstSeenOn: ago(daysAgo + waited - 5),
        firstSeenSite: 'XAA01',
        diagnosis: 'C341',
        dttOn: ago(daysAgo + 3),
        treatedOn: ago(daysAgo),
        treatmentEvent: '01',
        modality: '23',
      }),
    )
  t.same(treated(0, 62), ['withDtt usc treatedBy62'])
  t.same(treated(6, 63), ['withDtt usc treated63to104'])
  t.same(treated(6, 105), ['withDtt usc treatedOver104'])
  t.same(treated(7, 62), [], 'the week before')
  t.same(treated(-1, 62), ['withDtt usc d29to62'], 'on Sunday still waiting')
  t.same(counted(lines({ receivedOn: ago(40) }, ago(0))), [], 'no longer reported on Sunday')
  t.same(counted(lines({ receivedOn: ago(40) }, ago(-1))), ['withoutDtt usc d29to62'])
})

t.test('MEA-8 nothing hidden comes back by subtraction', async (t) => {
  const table = [
    [10, 3, 20],
    [12, 8, 9],
    [22, 11, 29],
  ]
  const hidden = suppressTable(table)
  t.equal(hidden[0]?.[1], null)
  for (const lines of [hidden, [0, 1, 2].map((column) => hidden.map((cells) => cells[column]))]) {
    for (const cells of lines) t.not(cells.filter((cell) => cell === null).length, 1)
  }
  t.same(suppressTable([[0, 5, 6]]), [[0, 5, 6]], 'nobody and five are shown')
  t.same(suppressTable([[0, 1, 4]]), [[0, null, null]])
  t.same(
    suppressTable([[1, 1, 9, 30]]),
    [[null, null, null, 30]],
    'two that are left over, in two groups, are one each',
  )
  t.same(suppressTable([[1, 4, 9, 30]]), [[null, null, 9, 30]], 'five in two groups may be any two')
  const small = suppressedBacklog(backlog([wait({}), wait({ waitDays: 40 })], 'trust', TRUSTS))
  t.match(small.all, { total: null, d0to28: null, d29to62: null, d63to104: 0 })
})

t.test('MEA-9 lines as CSV', async (t) => {
  const text = csvOf(
    [
      { group: { code: 'XAA', name: '=1+1' }, total: 5, pct: null },
      { group: { code: 'XBB', name: 'Trust, B' }, total: -2.5, pct: 80 },
    ],
    '*',
  )
  t.equal(text, 'group code,group name,total,pct\nXAA,\'=1+1,5,*\nXBB,"Trust, B",-2.5,80\n')
  t.equal(csvOf([{ group: null, total: null }], ''), 'total\n\n')
})

t.test('MEA-10 an answer is made once for a number', async (t) => {
  let nowMs = 0
  let made = 0
  const fresh = openFresh(() => nowMs)
  const ask = (seq: number) => fresh.get('a', seq, 2_000, async () => ++made)
  t.same(await Promise.all([ask(1), ask(1)]), [1, 1], 'asked twice at once')
  nowMs = 1_999
  t.equal(await ask(2), 1, 'younger than two seconds')
  nowMs = 2_000
  t.equal(await ask(2), 2)
  nowMs = 100_000
  t.equal(await ask(2), 2, 'nothing changed')
  await t.rejects(fresh.get('b', 1, 2_000, () => Promise.reject(new Error('no'))))
  t.equal(await fresh.get('b', 1, 2_000, async () => 'yes'), 'yes', 'a failure is not kept')
})

t.test('measures over the real list and database', async (t) => {
  const alliance = await testAlliance(t)
  const app = fastify()
  registerProblems(app)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(measureRoutes, alliance)
  t.teardown(() => app.close())
  const { cookie } = await alliance.cookieOf('lead', 'XAL')
  const get = async (path: string, status = 200) => {
    const answer = await app.inject({ url: `/api/measures/${path}`, headers: { cookie } })
    t.equal(answer.statusCode, status, path)
    return answer
  }
  const ago = (days: number) => addDays(TODAY, -days)

  const ids = await alliance.add([
    { trust: 'XAA', facts: referral('A1', 10, { step: 'ct', stepRequestedOn: ago(4) }) },
    { trust: 'XAA', facts: referral('A2', 70, { step: 'ct', stepRequestedOn: ago(8) }) },
    { trust: 'XAA', facts: referral('A3', 120, { step: 'mri', tumour: 'prostate' }) },
    { trust: 'XBB', facts: referral('B1', 40, { step: 'ct', stepBookedOn: TODAY }) },
    {
      trust: 'XBB',
      facts: referral('B2', 20, { toldOn: ago(8), fdsEndReason: '02' }),
      closedReason: 'cancer ruled out',
    },
  ])
  const [a1 = 0, a2 = 0, , b1 = 0, b2 = 0] = ids
  await alliance.write(async (tx) => {
    // one shared breach in October, one whole in time; two told in November, one late
    const stops = [
      [a1, 'rtt62', 'XAA', '2026-10-31', 90, false, 0.5, 0.5],
      [a1, 'rtt62', 'XBB', '2026-10-31', 90, false, 0.5, 0.5],
      [a2, 'rtt62', 'XAA', '2026-10-01', 50, true, 1, 0],
      [b2, 'fds28', 'XBB', ago(8), 12, true, 1, 0],
      [b1, 'fds28', 'XBB', '2026-11-01', 40, false, 1, 1],
      [b1, 'dtt31', 'XBB', '2025-10-31', 3, true, 1, 0],
    ] as const
    for (const [entryId, standard, trust, on, days, inTime, share, breachShare] of stops)
      await tx`
        insert into clock_stop (entry_id, standard, trust, stopped_on, wait_days, in_time, tumour, route, share,
          breach_share)
        values (${entryId}, ${standard}, ${trust}, ${on}, ${days}, ${inTime}, 'lung', 'usc', ${share}, ${breachShare})`
    for (const [day, slots, open, promised] of [
      [TODAY, 4, true, 1],
      [addDays(TODAY, 27), 2, false, 0],
      [addDays(TODAY, 28), 9, true, 0],
    ] as const)
      await tx`
        insert into capacity (site, step, day, slots, promised, open_to_alliance, notice_days)
        values ('XAA01', 'ct', ${day}, ${slots}, ${promised}, ${open}, 1)`
    const delivered = [
      ['XAA', '2026-11-16T08:00:00Z'],
      ['XBB', '2026-11-15T22:00:00Z'],
    ] as const
    for (const [trust, at] of delivered)
      await tx`
        insert into delivery (id, trust, mode, format, state, extract_at, counts, received_at)
        values (gen_random_uuid(), ${trust}, 'snapshot', 'json', 'done', ${at}, '{}', ${at})`
    return [{ topic: 'measures', kind: 'measures' }]
  })

  await t.test('MEA-1 standards by month of the stop, shares kept', async (t) => {
    const all = measures.standardsAnswer.parse((await get('standards?standard=rtt62')).json())
    t.match(all.lines, [
      { month: '2026-10', group: null, total: 2, inTime: 1, breaches: 1, pct: 50, complete: true },
    ])
    const byTrust = measures.standardsAnswer.parse(
      (await get('standards?standard=rtt62&by=trust')).json(),
    )
    t.match(byTrust.lines, [
      { group: { code: 'XAA', name: 'Trust XAA' }, total: 1.5, breaches: 0.5, pct: 66.7 },
      { group: { code: 'XBB' }, total: 0.5, breaches: 0.5, pct: 0 },
    ])
    const every = measures.standardsAnswer.parse((await get('standards')).json())
    t.same(
      every.lines.map(({ standard, month }) => `${standard} ${month}`),
      ['fds28 2026-11', 'rtt62 2026-10'],
      'the last thirteen months',
    )
    const year = await get('standards?from=2025-10&to=2025-10&trust=XBB&tumour=lung&route=usc')
    t.match(year.json(), { lines: [{ standard: 'dtt31', month: '2025-10', total: 1 }] })
    t.same(
      measures.standardsAnswer.parse((await get('standards?suppress=true')).json()).lines[0]?.total,
      null,
    )
    await get('standards?from=2025-13', 400)
    await get('standards?nosuch=1', 400)
  })

  await t.test('MEA-2 MEA-3 MEA-5 the list and the slots', async (t) => {
    const backlog = measures.backlogAnswer.parse((await get('backlog')).json())
    t.match(backlog, {
      asOf: TODAY,
      seq: alliance.list.seq,
      all: { total: 4, over62: 2, over104: 1 },
    })
    t.match(backlog.lines, [
      { group: { code: 'XAA' }, total: 3, d0to28: 1, d63to104: 1, over104: 1 },
      { group: { code: 'XBB' }, total: 1, d29to62: 1 },
    ])
    const prostate = measures.backlogAnswer.parse((await get('backlog?tumour=prostate')).json())
    t.equal(prostate.all.total, 1)
    const stages = measures.stagesAnswer.parse((await get('stages?trust=XAA')).json())
    const ct = stages.lines.find(({ step }) => step === 'ct')
    t.match(ct, { count: 2, dated: 2, medianDays: 6, medianPathwayDays: 40 })
    const balance = measures.balanceAnswer.parse((await get('balance')).json())
    t.match(
      balance.lines.find(({ trust, step }) => trust === 'XAA' && step === 'ct'),
      { waiting: 2, slots: 6, openSlots: 4, promised: 1, free: 5, gap: -3 },
      'the 28th day from today is not one of the 28',
    )
    t.match(
      balance.lines.find(({ trust }) => trust === 'XBB'),
      { waiting: 1, booked: 1, slots: 0, gap: 0 },
    )
  })

  await t.test('MEA-4 a trust whose feed does not reach the Sunday is missing', async (t) => {
    const answer = measures.weeklyReturnAnswer.parse((await get('weekly-return')).json())
    t.match(answer, { snapshotOn: '2026-11-15', dueOn: '2026-11-18' })
    const [xaa, xbb, xcc] = answer.trusts
    t.equal(xaa?.missing, null)
    const usc = xaa?.lines.find(({ section, route }) => section === 'withoutDtt' && route === 'usc')
    t.match(usc, { d0to28: 1, d63to104: 1, over104: 1, passed62: 1 })
    t.equal(xaa?.lines.length, 14)
    t.match(xbb?.missing, /2026-11-15/)
    t.same(xbb?.lines, [])
    t.match(xcc?.missing, /ever/)
    const before = measures.weeklyReturnAnswer.parse(
      (await get('weekly-return?week=2026-11-04')).json(),
    )
    t.equal(before.snapshotOn, '2026-11-08')
    const closedSince = before.trusts[1]?.lines.find(({ route }) => route === 'usc')
    t.match(closedSince, { d0to28: 2, referrals: 1 }, 'told on the 14th: still waiting on the 8th')
    await get('weekly-return?week=2026-11-22', 400)
  })

  await t.test('MEA-6 MEA-7 what came and went', async (t) => {
    const demand = measures.demandAnswer.parse((await get('demand')).json())
    const xbb = demand.lines.find(({ group }) => group.code === 'XBB')
    // arrivals: B1 and B2, both stopped; departures: the same two; nobody left in the queue but B1's clock
    t.match(xbb, { demandPerWeek: 0.3, capacityPerWeek: 0.2, queue: 1 })
    const forecast = measures.forecastAnswer.parse((await get('forecast')).json())
    t.equal(forecast.lines.length, 12)
    t.equal(forecast.queueNow, 4)
    t.match(forecast.lines[0], { past62IfNobodyTreated: 2 })
    t.match(forecast.method, /straight line/)
  })

  await t.test(
    'MEA-8 MEA-9 every measure beside its CSV, and only for those signed in',
    async (t) => {
      const names = [
        'standards',
        'backlog',
        'stages',
        'weekly-return',
        'balance',
        'demand',
        'forecast',
        'road',
      ]
      for (const name of names) {
        const csv = await get(`${name}.csv?suppress=true`)
        t.match(csv.headers['content-type'], /text\/csv/)
        t.ok(csv.body.split('\n').length > 2, `${name} has lines`)
        const stranger = await app.inject({ url: `/api/measures/${name}` })
        t.equal(stranger.statusCode, 401)
      }
      const backlog = await get('backlog.csv?suppress=true')
      t.match(backlog.body, /\nXAA,Trust XAA,\*,/)
      t.match(
        (await get('weekly-return.csv')).body,
        /XCC,Trust XCC,No delivery was ever received\./,
      )
    },
  )

  await t.test('MEA-10 a change is seen once the rest is over, or asked another way', async (t) => {
    await alliance.add([{ trust: 'XCC', facts: referral('C1', 5) }])
    const answer = measures.backlogAnswer.parse((await get('backlog?by=none&trust=XCC')).json())
    t.equal(answer.seq, alliance.list.seq)
  })
})
