import fc from 'fast-check'
import t from 'tap'
import { countedDays } from '../../server/domain/clock/adjustments.ts'
import { awaitedStep } from '../../server/domain/clock/awaited-step.ts'
import { bandOf } from '../../server/domain/clock/band.ts'
import type { Clock } from '../../server/domain/clock/clock.ts'
import { clocks } from '../../server/domain/clock/clock.ts'
import { dayOf, isoOf } from '../../server/domain/clock/day.ts'
import { explainClock } from '../../server/domain/clock/explain.ts'
import { openState } from '../../server/domain/clock/open.ts'
import { routeOf } from '../../server/domain/clock/route.ts'
import type { StandardsConfig } from '../../server/domain/clock/standards-config.ts'
import {
  standardsConfig,
  thresholdOn,
  trajectoryOn,
} from '../../server/domain/clock/standards-config.ts'
import { isFirstTreatmentEvent } from '../../server/domain/clock/treatment.ts'
import { tumourOf } from '../../server/domain/clock/tumour.ts'
import {
  NO_WAIT,
  WAIT_COLUMNS,
  WAITS_PER_ENTRY,
  writeWaits,
} from '../../server/domain/clock/waits.ts'
import type { IsoDate } from '../../shared/date.ts'
import { addDays, daysBetween, londonDate, toDay } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'

const d = (text: string) => text as IsoDate
const START = d('2025-03-10')
const day = (days: number) => addDays(START, days)
const facts = (more: Partial<EntryFacts> = {}): EntryFacts => ({ localId: 'X:1', ...more })

/** A record less some of its members. */
const lacking = <T extends object, Name extends keyof T>(record: T, ...names: Name[]) =>
  Object.fromEntries(
    Object.entries(record).filter(([name]) => !names.includes(name as Name)),
  ) as Omit<T, Name>

/** An urgent suspected lung cancer received on day 0. */
const usc = (more: Partial<EntryFacts> = {}) =>
  facts({
    priorityType: '3',
    referralSource: '03',
    referralType: '03',
    receivedOn: START,
    firstSeenSite: 'ABC01',
    diagnosis: 'C341',
    treatmentEvent: '01',
    ...more,
  })
const upgraded = (more: Partial<EntryFacts> = {}) =>
  usc({ priorityType: '1', receivedOn: d('2025-01-01'), upgradedOn: START, ...more })

const fds = (f: EntryFacts, asOf: IsoDate) => clocks(f, asOf).fds28
const dtt = (f: EntryFacts, asOf: IsoDate) => clocks(f, asOf).dtt31
const rtt = (f: EntryFacts, asOf: IsoDate) => clocks(f, asOf).rtt62
const LATER = day(400)

t.test(
  'CLK-1 day 0 is the start; days are calendar days through both clock changes and a leap day',
  (t) => {
    const cases: [from: string, to: string, days: number, what: string][] = [
      ['2025-03-29', '2025-03-29', 0, 'the day of receipt'],
      ['2025-03-29', '2025-03-30', 1, 'onto the day the clocks go forward'],
      ['2025-03-30', '2025-03-31', 1, 'off it, 23 hours later'],
      ['2025-03-20', '2025-04-17', 28, 'across it'],
      ['2025-10-25', '2025-10-26', 1, 'onto the day they go back'],
      ['2025-10-26', '2025-10-27', 1, 'off it, 25 hours later'],
      ['2025-10-20', '2025-12-21', 62, 'across it'],
      ['2024-02-28', '2024-02-29', 1, 'onto the leap day'],
      ['2024-02-28', '2024-03-01', 2, 'over it'],
      ['2025-02-28', '2025-03-01', 1, 'in a common year'],
      ['2024-12-31', '2025-01-01', 1, 'over new year'],
    ]
    for (const [from, to, days, what] of cases) {
      t.equal(fds(usc({ receivedOn: d(from) }), d(to))?.waitDays, days, what)
    }
    for (let at = toDay(d('2023-01-01')); at <= toDay(d('2029-01-01')); at++) {
      const date = isoOf(at)
      if (dayOf(date) !== at || dayOf(date) !== toDay(date))
        t.fail(`${date} is not day ${String(at)}`)
    }
    t.equal(londonDate(Date.UTC(2025, 5, 30, 23, 30)), '2025-07-01', 'today is London summer time')
    t.equal(londonDate(Date.UTC(2025, 11, 30, 23, 30)), '2025-12-30', 'and winter time')
    t.end()
  },
)

t.test('CLK-1 what is no calendar date is no day, and never throws', (t) => {
  for (const text of [
    '2025-02-29',
    '2025-13-01',
    '2025-00-10',
    '2025-04-31',
    '2100-02-29',
    '2025-01-00',
    '2025-1-1',
    '1899-12-31',
    '2200-01-01',
    'yesterday..',
    '2025-0a-01',
    '2025-01-1x',
    '',
    '20250101',
  ]) {
    t.ok(Number.isNaN(dayOf(d(text))), text)
    t.equal(fds(usc({ receivedOn: d(text) }), LATER), null)
  }
  t.ok(Number.isNaN(dayOf(undefined)))
  t.equal(dayOf(d('2000-02-29')), 11016)
  t.equal(dayOf(d('1970-01-01')), 0)
  t.equal(dayOf(d('1900-03-01')) - dayOf(d('1900-02-28')), 1, '1900 had no leap day')

  for (const text of [
    '2025-0:-01',
    '2025-1/-01',
    '2025-01-0:',
    '2025-01-3/',
    '2025-/;-01',
    '2025-01-/;',
    '202:-01-01',
    '2024-01-32',
    '2024-04-31',
    '2023-12-32',
    '20/9-01-01',
    '19:0-01-01',
  ]) {
    t.ok(Number.isNaN(dayOf(d(text))), text)
  }
  t.equal(dayOf(d('2199-12-31')), toDay(d('2199-12-31')))
  t.equal(dayOf(d('1900-01-01')), toDay(d('1900-01-01')))
  t.equal(dayOf(d('2029-09-19')), toDay(d('2029-09-19')), 'nines')
  t.end()
})

t.test('CLK-2 the route, case by case', (t) => {
  const cases: [Partial<EntryFacts>, string][] = [
    [{ priorityType: '3', referralType: '03', referralSource: '03' }, 'usc'],
    [{ priorityType: '3' }, 'usc'],
    [{ priorityType: '2', referralType: '03' }, 'unknown'],
    [{ priorityType: '1' }, 'unknown'],
    [{}, 'unknown'],
    [{ priorityType: '3', referralType: '16' }, 'breastSymptomatic'],
    [{ priorityType: '3', referralType: '15' }, 'usc'],
    [{ priorityType: '3', referralType: '17' }, 'usc'],
    [{ priorityType: '2', referralType: '16' }, 'unknown'],
    [{ priorityType: '2', referralSource: '17' }, 'screening'],
    [{ priorityType: '3', referralSource: '17' }, 'unknown'],
    [{ priorityType: '1', referralSource: '17' }, 'unknown'],
    [{ priorityType: '2', referralSource: '16' }, 'unknown'],
    [{ priorityType: '2', referralSource: '17', upgradedOn: START }, 'screening'],
    [{ priorityType: '1', referralSource: '17', upgradedOn: START }, 'unknown'],
    [{ priorityType: '1', upgradedOn: START }, 'upgrade'],
    [{ upgradedOn: START }, 'upgrade'],
    [{ priorityType: '3', upgradedOn: START }, 'upgrade'],
    [{ priorityType: '3', referralType: '16', upgradedOn: START }, 'upgrade'],
  ]
  for (const [given, route] of cases) t.equal(routeOf(facts(given)), route, JSON.stringify(given))
  t.end()
})

t.test('CLK-2 each route has its clocks', (t) => {
  const which = (f: EntryFacts) => {
    const { route, fds28, dtt31, rtt62 } = clocks({ ...f, dttOn: day(10) }, day(20))
    return [route, fds28 !== null, dtt31 !== null, rtt62 !== null]
  }
  const none = { treatmentEvent: '01' }
  t.strictSame(which(usc(none)), ['usc', true, true, true])
  t.strictSame(which(usc({ referralType: '16' })), ['breastSymptomatic', true, true, true])
  t.strictSame(which(usc({ priorityType: '2', referralSource: '17' })), [
    'screening',
    true,
    true,
    true,
  ])
  t.strictSame(which(upgraded()), ['upgrade', false, true, true])
  t.strictSame(which(usc({ priorityType: '1' })), ['unknown', false, true, false])
  t.end()
})

t.test('CLK-3 28 days run from receipt to told, or to the decision to treat if earlier', (t) => {
  const told = (at: number, more: Partial<EntryFacts> = {}) =>
    fds(usc({ toldOn: day(at), fdsEndReason: '01', ...more }), LATER)
  t.match(told(27), { waitDays: 27, daysToTarget: 1, breached: false, state: 'stopped' })
  t.match(told(28), { waitDays: 28, daysToTarget: 0, breached: false, stoppedBy: 'told' })
  t.match(told(29), { waitDays: 29, daysToTarget: -1, breached: true, inStandard: true })
  t.match(told(0), { waitDays: 0, stopOn: START })
  t.match(told(29, { dttOn: day(28) }), { waitDays: 28, stoppedBy: 'decided to treat' })
  t.match(told(28, { dttOn: day(29) }), { waitDays: 28, stoppedBy: 'told' })
  t.match(told(28, { dttOn: day(28) }), { waitDays: 28, stoppedBy: 'decided to treat' })
  t.match(fds(usc({ dttOn: day(20) }), LATER), { waitDays: 20, inStandard: true })
  t.match(fds(usc(), day(30)), {
    state: 'running',
    waitDays: 30,
    stopOn: null,
    stoppedBy: null,
    breached: true,
    inStandard: true,
    excludedBecause: null,
    startedBy: 'referral received',
    targetOn: day(28),
    breachOn: day(29),
  })
  t.equal(
    told(10, { treatmentEvent: '02', ecadOn: day(5), dttOn: day(20) })?.waitDays,
    10,
    'an earliest clinically appropriate date is not a decision to treat',
  )
  t.end()
})

t.test('CLK-4 which ends of the 28 days are counted', (t) => {
  const end = (fdsEndReason: string | undefined, at = 20, more: Partial<EntryFacts> = {}) =>
    fds(
      usc({ toldOn: day(at), ...(fdsEndReason === undefined ? {} : { fdsEndReason }), ...more }),
      LATER,
    )
  for (const reason of ['01', '02', '04']) t.equal(end(reason)?.inStandard, true, reason)
  t.match(end('03', 20, { fdsExclusion: '02' }), {
    inStandard: false,
    excludedBecause: 'excluded from faster diagnosis',
  })
  t.match(end('03', 28, { fdsExclusion: '01' }), { inStandard: false }, 'died on day 28')
  t.match(
    end('03', 29, { fdsExclusion: '01' }),
    { inStandard: true, breached: true },
    'died on day 29',
  )
  t.match(end('03', 29, { fdsExclusion: '02' }), { inStandard: false }, 'declined after day 28')
  t.match(end('03', 29), { inStandard: false })
  t.match(
    end('03', 32, { fdsExclusion: '01', missedFirstAppointments: [day(4)] }),
    { waitDays: 28, inStandard: false },
    'died on day 32, 4 days adjusted',
  )
  t.match(end(undefined), { inStandard: false, excludedBecause: 'no end reason recorded' })
  t.match(end('09'), { inStandard: false, excludedBecause: 'end reason is not a national code' })
  t.match(
    end(undefined, 20, { dttOn: day(20) }),
    { inStandard: true },
    'the decision to treat says it',
  )
  t.match(end('03', 20, { dttOn: day(10), fdsExclusion: '02' }), { inStandard: false })
  t.end()
})

t.test('CLK-5 31 days run from the decision to treat, or the ECAD of a later treatment', (t) => {
  const treated = (at: number, more: Partial<EntryFacts> = {}) =>
    dtt(usc({ dttOn: day(10), treatedOn: day(10 + at), ...more }), LATER)
  t.match(treated(30), { waitDays: 30, breached: false, daysToTarget: 1 })
  t.match(treated(31), {
    waitDays: 31,
    breached: false,
    daysToTarget: 0,
    startedBy: 'decision to treat',
  })
  t.match(treated(32), { waitDays: 32, breached: true, stoppedBy: 'treated', inStandard: true })
  t.equal(treated(31, { ecadOn: day(20) })?.startOn, day(10), 'a first treatment has no ECAD')
  for (const event of ['02', '03', '06', '08', '11']) {
    t.match(
      treated(31, { treatmentEvent: event, ecadOn: day(20) }),
      {
        startOn: day(20),
        waitDays: 21,
        startedBy: 'earliest clinically appropriate date',
      },
      event,
    )
  }
  t.match(treated(31, { treatmentEvent: '02' }), {
    startOn: day(10),
    startedBy: 'decision to treat',
  })
  const awaiting = (patientStatus: string) => {
    const f = usc({ patientStatus, dttOn: day(10), ecadOn: day(20) })
    return clocks(lacking(f, 'treatmentEvent'), day(30))
  }
  for (const status of ['12', '13', '19', '20', '21', '27', '28', '34', '35']) {
    t.equal(awaiting(status).dtt31?.startOn, day(20), `status ${status}`)
    t.equal(awaiting(status).rtt62, null, `status ${status} has no 62 days`)
  }
  for (const status of ['11', '14', '08', '16']) {
    t.equal(awaiting(status).dtt31?.startOn, day(10), `status ${status}`)
    t.not(awaiting(status).rtt62, null)
  }
  t.equal(dtt(usc(), day(30)), null, 'no decision, no clock')
  t.equal(
    dtt(usc({ treatmentEvent: '02', ecadOn: day(31), dttOn: day(3) }), day(30)),
    null,
    'ECAD not reached',
  )
  t.end()
})

t.test('CLK-6 62 days run from receipt, or from the upgrade, to treatment', (t) => {
  const treated = (f: EntryFacts, at: number) =>
    rtt({ ...f, dttOn: day(10), treatedOn: day(at) }, LATER)
  for (const [f, startedBy] of [
    [usc(), 'referral received'],
    [upgraded(), 'consultant upgrade'],
  ] as const) {
    t.match(treated(f, 61), {
      waitDays: 61,
      breached: false,
      startedBy,
      startOn: START,
      daysToTarget: 1,
    })
    t.match(treated(f, 62), {
      waitDays: 62,
      breached: false,
      daysToTarget: 0,
      targetOn: day(62),
      breachOn: day(63),
    })
    t.match(treated(f, 63), {
      waitDays: 63,
      breached: true,
      daysToTarget: -1,
      stoppedBy: 'treated',
    })
  }
  t.equal(
    rtt(usc({ priorityType: '2', referralSource: '17', upgradedOn: day(9) }), day(20))?.startOn,
    START,
    'an upgrade does not restart a screening clock',
  )
  t.equal(rtt(lacking(usc(), 'receivedOn'), day(20)), null)
  t.end()
})

t.test('CLK-7 62 days count first treatments with a whole record', (t) => {
  for (const event of ['01', '07', '12']) t.ok(isFirstTreatmentEvent(event), event)
  for (const event of ['02', '03', '06', '08', '11', '13', '', '1'])
    t.notOk(isFirstTreatmentEvent(event), event)
  const f = (more: Partial<EntryFacts> = {}) => usc({ dttOn: day(30), treatedOn: day(50), ...more })
  for (const event of ['01', '07', '12'])
    t.equal(rtt(f({ treatmentEvent: event }), LATER)?.inStandard, true)
  for (const event of ['02', '03', '04', '05', '06', '08', '09', '10', '11']) {
    t.equal(rtt(f({ treatmentEvent: event }), LATER), null, event)
    t.not(dtt(f({ treatmentEvent: event }), LATER), null, event)
  }
  const without = (name: keyof EntryFacts, from = f()) => {
    return rtt(lacking(from, name) as EntryFacts, LATER)?.excludedBecause
  }
  t.equal(without('treatmentEvent'), 'no treatment event type recorded')
  t.equal(without('diagnosis'), 'no diagnosis recorded')
  t.equal(without('dttOn'), 'no decision to treat recorded')
  t.equal(without('firstSeenSite'), 'no first-seen organisation recorded')
  t.equal(without('laterality'), null)
  t.equal(without('firstSeenSite', upgraded({ dttOn: day(30), treatedOn: day(50) })), null)
  t.equal(without('diagnosis', usc()), null, 'a running clock is in the standard as it is')
  t.end()
})

t.test('CLK-8 all treatment declined is out of the 31 and 62 days', (t) => {
  const f = (modality: string) => usc({ dttOn: day(30), treatedOn: day(50), modality })
  for (const clock of [dtt(f('98'), LATER), rtt(f('98'), LATER)]) {
    t.match(clock, {
      inStandard: false,
      excludedBecause: 'all treatment declined',
      state: 'stopped',
    })
  }
  for (const modality of ['97', '08', '23']) {
    t.equal(dtt(f(modality), LATER)?.inStandard, true)
    t.equal(rtt(f(modality), LATER)?.inStandard, true)
  }
  t.equal(openState(f('98')).open, false)
  t.match(openState(f('98')), { reason: 'treatment declined' })
  t.equal(
    dtt(usc({ dttOn: day(3), modality: '98' }), day(9))?.inStandard,
    true,
    'not yet declined on a date',
  )
  t.end()
})

t.test(
  'CLK-9 target is start + limit + adjustments, breach the day after, days left 0 on the target',
  (t) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 40 }),
        (at, missed) => {
          const { fds28, rtt62 } = clocks(usc({ missedFirstAppointments: [day(missed)] }), day(at))
          for (const clock of [fds28, rtt62]) {
            if (clock === null) return false
            const adjusted = missed <= at ? missed : 0
            if (clock.adjustmentDays !== adjusted || clock.waitDays !== at - adjusted) return false
            if (clock.targetOn !== day(clock.limitDays + adjusted)) return false
            if (daysBetween(clock.targetOn, clock.breachOn) !== 1) return false
            if (clock.daysToTarget !== daysBetween(day(at), clock.targetOn)) return false
            if (clock.breached !== day(at) >= clock.breachOn) return false
          }
          return true
        },
      ),
    )
    t.end()
  },
)

t.test('CLK-10 bands change after day 28, 62 and 104', (t) => {
  const cases = {
    0: 'd0to28',
    28: 'd0to28',
    29: 'd29to62',
    62: 'd29to62',
    63: 'd63to104',
    104: 'd63to104',
    105: 'over104',
  }
  for (const [wait, band] of Object.entries(cases)) {
    t.equal(bandOf(Number(wait)), band, wait)
    t.equal(rtt(usc(), day(Number(wait)))?.band, band)
  }
  t.end()
})

t.test('CLK-11 missed first appointments: the worked example', (t) => {
  const f = usc({
    receivedOn: d('2025-05-01'),
    missedFirstAppointments: [d('2025-05-10')],
    firstSeenOn: d('2025-05-20'),
    toldOn: d('2025-06-05'),
    fdsEndReason: '02',
  })
  t.match(fds(f, d('2025-07-01')), {
    rawDays: 35,
    adjustmentDays: 9,
    waitDays: 26,
    breached: false,
    targetOn: '2025-06-07',
  })
  const stated = lacking(f, 'missedFirstAppointments')
  const byDays = { ...stated, firstSeenAdjustmentDays: 9, firstSeenAdjustmentReason: '3' }
  t.match(fds(byDays, d('2025-07-01')), { waitDays: 26 })
  t.end()
})

t.test('CLK-11 several missed appointments, each day taken off once', (t) => {
  const missed = (dates: number[], more: Partial<EntryFacts> = {}) =>
    fds(usc({ missedFirstAppointments: dates.map(day), ...more }), day(40))
  const sum = (clock: Clock | null) =>
    clock?.adjustments.map(({ days, counted }) => (counted ? days : `no ${String(days)}`))
  t.strictSame(sum(missed([9, 14])), [9, 5])
  t.strictSame(sum(missed([14, 9])), [9, 5], 'in any order')
  t.strictSame(sum(missed([9, 9])), [9, 0], 'the same one twice')
  t.strictSame(sum(missed([0])), [0], 'on the day of receipt')
  t.strictSame(sum(missed([-1, 9])), ['no 0', 9], 'before the clock')
  t.strictSame(
    sum(missed([9, 20], { firstSeenOn: day(20) })),
    [9, 11],
    'missed and seen on one day',
  )
  t.strictSame(sum(missed([9, 21], { firstSeenOn: day(20) })), [9, 'no 12'], 'after first seen')
  t.strictSame(sum(missed([40])), [40], 'today')
  t.strictSame(sum(missed([41])), ['no 41'], 'tomorrow')
  t.strictSame(
    sum(missed([9, 30], { toldOn: day(29), fdsEndReason: '02' })),
    [9, 'no 21'],
    'after the end',
  )
  t.strictSame(
    sum(missed([9], { firstSeenAdjustmentDays: 12 })),
    [9, 'no 12'],
    'dates before a stated sum',
  )
  t.strictSame(sum(missed([9], { firstSeenAdjustmentDays: 0 })), [9])
  t.strictSame(sum(missed([], { firstSeenAdjustmentDays: 12 })), [12], 'no dates: the stated sum')
  t.strictSame(sum(missed([])), [])
  t.strictSame(sum(fds(usc({ missedFirstAppointments: [d('2025-02-30'), day(9)] }), day(40))), [
    9,
    'no 0',
  ])
  t.match(missed([9])?.adjustments, [
    { kind: 'missedFirstAppointment', why: `missed the first appointment on ${day(9)}` },
  ])
  t.match(missed([-1])?.adjustments, [{ why: 'missed before the clock started' }])
  t.match(missed([41])?.adjustments, [{ why: 'missed after first seen or after the end' }])
  t.equal(
    rtt(usc({ missedFirstAppointments: [day(9)] }), day(40))?.waitDays,
    31,
    'on the 62 days too',
  )
  t.equal(
    dtt(usc({ missedFirstAppointments: [day(9)], dttOn: day(20) }), day(40))?.waitDays,
    20,
    'never on the 31',
  )

  const told = missed([-1, 9, 41], { firstSeenAdjustmentDays: 3 })?.adjustments.map(
    ({ kind, why }) => `${kind}: ${why}`,
  )
  t.strictSame(told, [
    'missedFirstAppointment: missed before the clock started',
    `missedFirstAppointment: missed the first appointment on ${day(9)}`,
    'missedFirstAppointment: missed after first seen or after the end',
    'firstSeen: the dates missed are given and say it exactly',
  ])
  t.strictSame(missed([], { missedFirstAppointments: [d('2025-02-30')] })?.adjustments, [
    { kind: 'missedFirstAppointment', days: 0, counted: false, why: 'not a calendar date' },
  ])
  t.end()
})

t.test('CLK-11 only reason 3 adjusts before first seen', (t) => {
  const reason = (firstSeenAdjustmentReason?: string) =>
    fds(
      usc({
        firstSeenAdjustmentDays: 5,
        ...(firstSeenAdjustmentReason === undefined ? {} : { firstSeenAdjustmentReason }),
      }),
      day(20),
    )
  t.match(reason('3'), {
    waitDays: 15,
    adjustments: [{ counted: true, kind: 'firstSeen', why: 'first appointment missed' }],
  })
  t.match(reason(), { waitDays: 15 }, 'days without a reason are believed; DQ-11 warns')
  for (const code of ['6', '7', '8', '9']) {
    t.match(
      reason(code),
      {
        waitDays: 20,
        adjustments: [
          { counted: false, days: 5, why: 'only a missed first appointment (reason 3) adjusts' },
        ],
      },
      code,
    )
  }
  t.strictSame(
    fds(usc({ firstSeenAdjustmentDays: 0, firstSeenAdjustmentReason: '9' }), day(20))?.adjustments,
    [],
  )

  t.strictSame(
    reason('9')?.adjustments.map(({ kind }) => kind),
    ['firstSeen'],
  )
  t.end()
})

t.test(
  'CLK-12 on an upgrade, first-seen days count only when it came no later than first seen',
  (t) => {
    const seen = (at: number | null, more: Partial<EntryFacts> = {}) =>
      rtt(
        upgraded({
          firstSeenAdjustmentDays: 5,
          firstSeenAdjustmentReason: '3',
          ...(at === null ? {} : { firstSeenOn: day(at) }),
          ...more,
        }),
        day(30),
      )
    t.match(seen(-1), {
      waitDays: 30,
      adjustments: [
        {
          counted: false,
          days: 5,
          why: 'first seen before the upgrade, or not yet seen: nothing before it is on this clock',
        },
      ],
    })
    t.match(seen(0), { waitDays: 30 }, 'on the day: counts, but no days lie there')
    t.match(seen(0)?.adjustments, [{ counted: false, why: 'no days lie where it could have been' }])
    t.equal(seen(1)?.waitDays, 29)
    t.equal(seen(5)?.waitDays, 25)
    t.equal(seen(9)?.waitDays, 25)
    t.equal(seen(null)?.waitDays, 30)
    t.match(seen(-1, { missedFirstAppointments: [day(-9)], firstSeenAdjustmentDays: 0 }), {
      waitDays: 30,
      adjustments: [{ days: 0, counted: false }],
    })
    const noDays = upgraded({
      missedFirstAppointments: [day(2), day(3)],
    })
    t.match(
      rtt(noDays, day(30)),
      { adjustments: [{ days: 0, counted: false }, { counted: false }] },
      'two dates claimed',
    )
    t.equal(
      rtt(upgraded({ missedFirstAppointments: [day(4)], firstSeenOn: day(9) }), day(30))?.waitDays,
      26,
    )

    t.strictSame(
      rtt(noDays, day(30))?.adjustments.map(({ kind }) => kind),
      ['missedFirstAppointment', 'missedFirstAppointment'],
    )
    t.strictSame(
      seen(-1)?.adjustments.map(({ kind }) => kind),
      ['firstSeen'],
    )
    t.end()
  },
)

t.test('CLK-13 pauses between decision and treatment', (t) => {
  const pause = (from: number, to: number, reason = '8') => ({
    from: day(from),
    to: day(to),
    reason,
  })
  const paused = (
    pauses: ReturnType<typeof pause>[],
    more: Partial<EntryFacts> = {},
    asOf = day(60),
  ) => clocks(usc({ dttOn: day(20), pauses, ...more }), asOf)
  const sum = (clock: Clock | null) =>
    clock?.adjustments.map(({ days, counted }) => (counted ? days : `no ${String(days)}`))
  const of = (...args: Parameters<typeof paused>) => {
    const { dtt31, rtt62 } = paused(...args)
    t.strictSame(sum(dtt31), sum(rtt62), 'both clocks alike')
    return sum(dtt31)
  }
  t.strictSame(of([pause(30, 37)]), [7])
  t.strictSame(of([pause(40, 42), pause(30, 37)]), [7, 2], 'several, in order')
  t.strictSame(of([pause(30, 37), pause(35, 40)]), [7, 3], 'overlapping: a day counts once')
  t.strictSame(of([pause(30, 37), pause(31, 33)]), [7, 'no 2'], 'one inside another')
  t.strictSame(of([pause(15, 25)]), [5], 'only after the decision')
  t.strictSame(of([pause(15, 20)]), ['no 5'], 'ends on the day of the decision')
  t.strictSame(of([pause(15, 21)]), [1], 'ends the day after')
  t.strictSame(of([pause(50, 70)]), [10], 'under way: so far')
  t.strictSame(of([pause(60, 70)]), ['no 10'], 'begins today')
  t.strictSame(of([pause(59, 70)]), [1], 'began yesterday')
  t.strictSame(of([pause(30, 37)], { treatedOn: day(35) }), [5], 'cut by treatment')
  t.strictSame(of([pause(36, 37)], { treatedOn: day(35) }), ['no 1'], 'after treatment')
  t.strictSame(of([pause(37, 37)]), ['no 0'], 'no days')
  t.strictSame(of([pause(37, 30)]), ['no 0'], 'backwards')
  t.strictSame(of([pause(30, 37, '9')]), ['no 7'], 'not a reason')
  t.strictSame(
    of([pause(30, 37)], { treatmentAdjustmentDays: 9 }),
    [7, 'no 9'],
    'dates before a stated sum',
  )
  t.strictSame(of([pause(30, 37)], { treatmentAdjustmentDays: 0 }), [7])
  t.strictSame(of([], { treatmentAdjustmentDays: 9 }), [9])
  t.strictSame(of([]), [])
  const why = (pauses: ReturnType<typeof pause>[]) =>
    paused(pauses).dtt31?.adjustments.map((one) => one.why)
  t.strictSame(why([pause(30, 37)]), [`patient pause ${day(30)} to ${day(37)}`])
  t.strictSame(why([pause(50, 70, '6')]), [
    `egg harvesting ${day(50)} to ${day(70)}, 10 of its 20 days`,
  ])
  t.strictSame(why([pause(10, 20)]), ['before the decision to treat'])
  t.strictSame(why([pause(60, 61)]), ['after the clock ends'])
  t.strictSame(why([pause(30, 37), pause(31, 32)])?.[1], 'its days are already taken off')
  t.strictSame(why([pause(37, 30)]), ['ends before it begins, or is no period of dates'])
  t.strictSame(why([pause(30, 37, '3')]), [
    'not a reason that adjusts (6, 7 or 8): it wants a delay reason instead',
  ])
  const undecided = usc({ pauses: [pause(30, 37)] })
  t.match(rtt(undecided, day(60)), {
    waitDays: 60,
    adjustments: [{ counted: false, days: 7, why: 'before any decision to treat' }],
  })
  t.equal(fds(usc({ pauses: [pause(3, 9)] }), day(20))?.waitDays, 20, 'never on the 28')
  const both = usc({ dttOn: day(2), missedFirstAppointments: [day(20)], pauses: [pause(5, 24)] })
  t.equal(rtt(both, day(24))?.waitDays, 0, 'a wait never falls below nought')
  t.match(rtt(both, day(24))?.adjustments, [{ days: 20 }, { days: 4 }])

  const lots = usc({
    dttOn: day(2),
    missedFirstAppointments: [day(20)],
    pauses: [pause(3, 9), pause(10, 20), pause(25, 29)],
  })
  t.strictSame(
    rtt(lots, day(30))?.adjustments.map(({ days }) => days),
    [20, 6, 4, 4],
    'the room is used up in order',
  )
  t.equal(rtt(lots, day(30))?.waitDays, 0)
  t.strictSame(
    of([pause(30, 37), pause(30, 33)]),
    [3, 4],
    'begun on one day: the shorter first, in any order',
  )
  t.strictSame(of([pause(30, 33), pause(30, 37)]), [3, 4])
  t.strictSame(why([pause(37, 37)]), ['ends before it begins, or is no period of dates'])
  const kinds = paused([pause(1, 2), pause(30, 37), pause(37, 37), pause(38, 39, '9')], {
    treatmentAdjustmentDays: 3,
  })
  t.strictSame(
    kinds.dtt31?.adjustments.map((one) => one.kind),
    ['pause', 'pause', 'pause', 'pause', 'treatment'],
  )
  t.equal(kinds.dtt31?.adjustments.at(-1)?.why, 'the pauses are given and say it exactly')
  t.strictSame(
    rtt(undecided, day(60))?.adjustments.map((one) => one.kind),
    ['pause'],
  )
  t.end()
})

t.test('CLK-13 where a patient pause counts is configuration; 6 and 7 always do', (t) => {
  const admitted: StandardsConfig = { ...standardsConfig, pauseSettings: 'admitted' }
  const wait = (careSetting: string | undefined, reason: string, config = admitted) => {
    const dates = [{ from: day(30), to: day(37), reason }]
    const setting = careSetting === undefined ? {} : { careSetting }
    return [
      clocks(usc({ dttOn: day(20), ...setting, pauses: dates }), day(40), config).dtt31?.waitDays,
      clocks(
        usc({
          dttOn: day(20),
          ...setting,
          treatmentAdjustmentDays: 7,
          treatmentAdjustmentReason: reason,
        }),
        day(40),
        config,
      ).dtt31?.waitDays,
    ]
  }
  for (const setting of ['01', '02']) t.strictSame(wait(setting, '8'), [13, 13], setting)
  for (const setting of ['03', '04', undefined]) {
    t.strictSame(wait(setting, '8'), [20, 20], String(setting))
    t.strictSame(wait(setting, '8', standardsConfig), [13, 13])
    t.strictSame(wait(setting, '6'), [13, 13])
    t.strictSame(wait(setting, '7'), [13, 13])
  }
  const refused = clocks(
    usc({ dttOn: day(20), pauses: [{ from: day(30), to: day(37), reason: '8' }] }),
    day(40),
    admitted,
  )
  t.match(refused.dtt31?.adjustments, [{ why: 'a patient pause counts for admitted care only' }])
  t.end()
})

t.test('CLK-14 reasons 6, 7 and 8 adjust before treatment, no other does', (t) => {
  const reason = (treatmentAdjustmentReason?: string) =>
    dtt(
      usc({
        dttOn: day(20),
        treatmentAdjustmentDays: 5,
        ...(treatmentAdjustmentReason === undefined ? {} : { treatmentAdjustmentReason }),
      }),
      day(40),
    )
  const labels = {
    '6': 'egg harvesting',
    '7': 'urgent treatment of another condition',
    '8': 'patient pause',
  }
  for (const [code, why] of Object.entries(labels)) {
    t.match(
      reason(code),
      { waitDays: 15, adjustments: [{ kind: 'treatment', counted: true, why }] },
      code,
    )
  }
  t.match(reason(), { waitDays: 15, adjustments: [{ why: 'reason not given' }] })
  for (const code of ['3', '9', '1']) {
    t.match(reason(code), { waitDays: 20, adjustments: [{ counted: false, days: 5 }] }, code)
  }

  t.strictSame(
    dtt(
      usc({ dttOn: day(20), treatmentAdjustmentDays: 0, treatmentAdjustmentReason: '9' }),
      day(40),
    )?.adjustments,
    [],
  )
  t.strictSame(
    dtt(usc({ dttOn: day(20), pauses: [], treatmentAdjustmentDays: 0 }), day(40))?.adjustments,
    [],
  )
  t.strictSame(
    reason('9')?.adjustments.map(({ kind }) => kind),
    ['treatment'],
  )
  t.end()
})

t.test('CLK-15 an adjustment is 0 to 999 whole days and no more than there are', (t) => {
  const first = (days: number, more: Partial<EntryFacts> = {}) =>
    fds(usc({ firstSeenAdjustmentDays: days, firstSeenAdjustmentReason: '3', ...more }), day(20))
  for (const wrong of [-1, 1000, 2.5, NaN, Infinity]) {
    t.match(first(wrong), {
      waitDays: 20,
      adjustments: [{ counted: false, why: 'not a whole number of days from 0 to 999' }],
    })
    t.equal(dtt(usc({ dttOn: day(5), treatmentAdjustmentDays: wrong }), day(20))?.waitDays, 15)
  }
  t.equal(first(999)?.waitDays, 0)
  t.match(first(999)?.adjustments, [
    { days: 20, why: 'first appointment missed; 999 days stated, only 20 lie there' },
  ])
  t.match(first(9, { firstSeenOn: day(8) }), {
    waitDays: 12,
    adjustments: [{ days: 8, counted: true }],
  })
  t.match(first(8, { firstSeenOn: day(8) }), {
    waitDays: 12,
    adjustments: [{ why: 'first appointment missed' }],
  })
  t.match(first(7, { firstSeenOn: day(8) }), { waitDays: 13 })
  t.match(
    first(7, { firstSeenOn: day(25) }),
    { waitDays: 13 },
    'first seen after today is not seen yet',
  )
  const late = (days: number) =>
    usc({ dttOn: day(15), treatmentAdjustmentDays: days, treatedOn: day(20) })
  t.equal(dtt(late(5), LATER)?.waitDays, 0)
  t.equal(dtt(late(6), LATER)?.waitDays, 0)
  t.equal(rtt(late(6), LATER)?.waitDays, 15, 'only days after the decision')
  const both = usc({
    dttOn: day(2),
    firstSeenAdjustmentDays: 15,
    treatmentAdjustmentDays: 15,
    treatedOn: day(20),
  })
  t.equal(rtt(both, LATER)?.waitDays, 0)
  const undecided = lacking(late(6), 'dttOn')
  t.equal(rtt(undecided, LATER)?.waitDays, 14, 'a stated pause without a decision date is believed')

  t.strictSame(first(8, { firstSeenOn: day(8) })?.adjustments, [
    { kind: 'firstSeen', days: 8, counted: true, why: 'first appointment missed' },
  ])
  t.end()
})

t.test('CLK-16 an open clock reads today; what is dated later has not happened', (t) => {
  const f = usc({
    firstSeenOn: day(9),
    toldOn: day(20),
    fdsEndReason: '01',
    dttOn: day(25),
    treatedOn: day(50),
  })
  t.equal(fds(f, day(-1)), null, 'before receipt there is no clock')
  t.match(fds(f, day(0)), { state: 'running', waitDays: 0 })
  t.match(fds(f, day(19)), { state: 'running', waitDays: 19 })
  t.match(fds(f, day(20)), { state: 'stopped', waitDays: 20 })
  t.equal(dtt(f, day(24)), null)
  t.match(dtt(f, day(25)), { state: 'running', waitDays: 0 })
  t.match(rtt(f, day(49)), { state: 'running', waitDays: 49 })
  t.match(rtt(f, day(50)), { state: 'stopped', waitDays: 50 })
  t.match(rtt(f, day(900)), { state: 'stopped', waitDays: 50 })
  t.equal(clocks(upgraded({ upgradedOn: day(5) }), day(4)).route, 'unknown')
  t.equal(clocks(upgraded({ upgradedOn: day(5) }), day(5)).route, 'upgrade')
  t.match(clocks(f, d('not a date')), { fds28: null, dtt31: null, rtt62: null })
  t.end()
})

t.test('CLK-17 a stop before its start stops nothing', (t) => {
  t.match(fds(usc({ toldOn: day(-1), fdsEndReason: '01' }), day(40)), {
    state: 'running',
    waitDays: 40,
  })
  t.match(fds(usc({ toldOn: day(-1), fdsEndReason: '01', dttOn: day(30) }), day(40)), {
    waitDays: 30,
  })
  t.match(rtt(usc({ treatedOn: day(-1) }), day(70)), { state: 'running', waitDays: 70 })
  t.equal(openState(usc({ treatedOn: day(-1) })).open, true, 'treated before referral ends nothing')
  t.equal(openState(usc({ treatedOn: day(0) })).open, false)
  t.match(dtt(usc({ dttOn: day(30), treatedOn: day(29) }), day(35)), {
    state: 'running',
    waitDays: 5,
  })
  t.match(dtt(usc({ dttOn: day(30), treatedOn: day(30) }), day(35)), {
    state: 'stopped',
    waitDays: 0,
  })
  t.match(rtt(upgraded({ treatedOn: day(-1) }), day(7)), { state: 'running', waitDays: 7 })
  t.end()
})

t.test('CLK-18 open or closed, and why', (t) => {
  const cases: [
    Partial<EntryFacts>,
    string | true,
    on?: IsoDate | null | undefined,
    what?: string,
  ][] = [
    [{}, true],
    [{ firstSeenOn: day(5), dttOn: day(30) }, true],
    [
      { toldOn: day(9), fdsEndReason: '01' },
      true,
      undefined,
      'told of cancer, waits for treatment',
    ],
    [{ toldOn: day(9), fdsEndReason: '02' }, 'cancer ruled out', day(9)],
    [{ fdsEndReason: '02' }, true, undefined, 'no sign that the person was told'],
    [{ toldOn: day(9), fdsEndReason: '04' }, 'interval scan planned', day(9)],
    [{ toldOn: day(9), fdsEndReason: '77' }, true],
    [{ toldOn: day(9) }, true],
    [{ toldOn: day(9), fdsEndReason: '03', fdsExclusion: '01' }, 'died', day(9)],
    [
      { toldOn: day(9), fdsEndReason: '03', fdsExclusion: '04' },
      'opted for private diagnostics',
      day(9),
    ],
    [{ fdsEndReason: '03', fdsExclusion: '02' }, 'declined all diagnostic investigations', null],
    [{ toldOn: day(9), fdsEndReason: '03' }, 'left the diagnostic pathway', day(9)],
    [
      { toldOn: day(9), fdsEndReason: '03', fdsExclusion: '55' },
      'left the diagnostic pathway',
      day(9),
    ],
    [
      { toldOn: day(9), fdsEndReason: '02', dttOn: day(10) },
      true,
      undefined,
      'decided to treat: waits again',
    ],
    [
      { toldOn: day(9), fdsEndReason: '02', upgradedOn: day(10) },
      true,
      undefined,
      'upgraded after the answer',
    ],
    [{ toldOn: day(9), fdsEndReason: '02', upgradedOn: day(9) }, 'cancer ruled out', day(9)],
    [{ dttOn: day(10), treatedOn: day(20) }, 'treated', day(20)],
    [{ patientStatus: '08' }, 'treated', null],
    [{ patientStatus: '21' }, 'treated', null],
    [{ patientStatus: '22' }, 'treated', null],
    [{ patientStatus: '29' }, 'treated', null],
    [{ patientStatus: '36' }, 'treated', null],
    [{ patientStatus: '14' }, true],
    [{ patientStatus: '14', toldOn: day(9), fdsEndReason: '01' }, true],
    [{ patientStatus: '10', toldOn: day(9), fdsEndReason: '01' }, true],
    [
      { patientStatus: '07', toldOn: day(9), fdsEndReason: '01' },
      'no NHS treatment planned',
      day(9),
    ],
    [
      { patientStatus: '18', toldOn: day(9), fdsEndReason: '01' },
      'no NHS treatment planned',
      day(9),
    ],
    [{ patientStatus: '26', dttOn: day(9) }, 'no NHS treatment planned', null],
    [{ patientStatus: '33', dttOn: day(9) }, 'no NHS treatment planned', null],
    [{ patientStatus: '07' }, true, undefined, 'not yet told'],
    [{ patientStatus: '03' }, true, undefined, 'no new cancer, but the person was not told'],
    [{ patientStatus: '03', toldOn: day(9) }, 'no new cancer found', day(9)],
    [{ patientStatus: '03', priorityType: '1' }, 'no new cancer found', null],
    [{ patientStatus: '03', dttOn: day(9) }, true],
    [
      { patientStatus: '13', treatmentEvent: '01', dttOn: day(40), treatedOn: day(20) },
      true,
      undefined,
      'a second treatment is decided',
    ],
    [{ patientStatus: '13', treatmentEvent: '01', ecadOn: day(40), treatedOn: day(20) }, true],
    [
      { patientStatus: '13', treatmentEvent: '01', dttOn: day(20), treatedOn: day(20) },
      'treated',
      day(20),
    ],
    [{ patientStatus: '11', dttOn: day(40), treatedOn: day(20) }, 'treated', day(20)],
    [{ patientStatus: '13', treatedOn: day(20) }, 'treated', day(20)],
    [{ closedOn: day(7) }, 'closed by the trust', day(7)],
    [{ closedReason: 'moved abroad' }, 'moved abroad', null],
    [
      { closedOn: day(7), closedReason: 'moved abroad', treatedOn: day(20) },
      'moved abroad',
      day(7),
    ],
  ]
  for (const [given, reason, on, what] of cases) {
    const state = openState({ ...lacking(usc(), 'treatmentEvent'), ...given })
    const title = what ?? JSON.stringify(given)
    if (reason === true) t.strictSame(state, { open: true }, title)
    else t.strictSame(state, { open: false, reason, on }, title)
  }
  for (const [exclusion, reason] of Object.entries({
    '03': 'declined all appointments',
    '05': 'repeatedly did not attend or cancelled',
    '06': 'not eligible for NHS treatment',
    '07': 'opted not to continue',
  })) {
    t.match(openState(usc({ fdsEndReason: '03', fdsExclusion: exclusion })), { reason })
  }
  t.end()
})

t.test('CLK-19 a pathway closed without the event stops its clocks uncounted', (t) => {
  const ruledOut = clocks(usc({ toldOn: day(20), fdsEndReason: '02' }), LATER)
  t.match(ruledOut.fds28, { state: 'stopped', inStandard: true, stoppedBy: 'told' })
  t.match(ruledOut.rtt62, {
    state: 'stopped',
    stopOn: day(20),
    stoppedBy: 'closed',
    inStandard: false,
    excludedBecause: 'cancer ruled out',
  })
  t.match(clocks(usc({ toldOn: day(20), fdsEndReason: '02' }), day(19)).rtt62, { state: 'running' })
  const gone = clocks(
    usc({ dttOn: day(30), closedOn: day(40), closedReason: 'moved abroad' }),
    LATER,
  )
  t.match(gone.dtt31, {
    state: 'stopped',
    waitDays: 10,
    inStandard: false,
    excludedBecause: 'moved abroad',
    stoppedBy: 'closed',
  })
  t.match(gone.fds28, { waitDays: 30, inStandard: true }, 'decided to treat before')
  const unanswered = clocks(usc({ closedOn: day(40), closedReason: 'moved abroad' }), LATER)
  t.match(unanswered.fds28, {
    waitDays: 40,
    inStandard: false,
    excludedBecause: 'moved abroad',
    stoppedBy: 'closed',
  })
  t.match(
    clocks(usc({ closedReason: 'moved abroad' }), day(50)).rtt62,
    { state: 'running', waitDays: 50 },
    'no date: no stop',
  )
  t.match(
    clocks(usc({ closedOn: day(-4) }), day(50)).rtt62,
    { state: 'running' },
    'closed before it began',
  )
  t.match(clocks(usc({ closedOn: day(40), dttOn: day(30), treatedOn: day(45) }), LATER).rtt62, {
    waitDays: 45,
    inStandard: true,
  })
  t.end()
})

t.test('CLK-20 tumour group: stated, else the diagnosis, else what was suspected', (t) => {
  t.equal(tumourOf(facts({ tumour: 'hpb', diagnosis: 'C341', referralType: '07' })), 'hpb')
  const icd = {
    C00: 'headNeck',
    C148: 'headNeck',
    C15: 'upperGi',
    C169: 'upperGi',
    C17: 'lowerGi',
    C20: 'lowerGi',
    C219: 'lowerGi',
    C220: 'hpb',
    C259: 'hpb',
    C26: 'lowerGi',
    C300: 'headNeck',
    C329: 'headNeck',
    C33: 'lung',
    C341: 'lung',
    C399: 'lung',
    C40: 'sarcoma',
    C43: 'skin',
    C449: 'skin',
    C450: 'lung',
    C46: 'sarcoma',
    C499: 'sarcoma',
    C509: 'breast',
    C51: 'gynaecological',
    C58: 'gynaecological',
    C60: 'urological',
    C61: 'prostate',
    C62: 'urological',
    C68: 'urological',
    C69: 'other',
    C70: 'brain',
    C72: 'brain',
    C73: 'headNeck',
    C80: 'other',
    C81: 'lymphoma',
    C859: 'lymphoma',
    C88: 'lymphoma',
    C90: 'haematological',
    C96: 'haematological',
    C97: 'other',
    D03: 'skin',
    D04: 'skin',
    D05: 'breast',
    D06: 'gynaecological',
    D070: 'gynaecological',
    D074: 'urological',
    D075: 'prostate',
    D076: 'urological',
    D09: 'urological',
  }
  for (const [diagnosis, tumour] of Object.entries(icd))
    t.equal(tumourOf(facts({ diagnosis, referralType: '17' })), tumour, diagnosis)
  for (const diagnosis of ['B99', 'D10', 'R91', 'C27', 'C42', 'C89', 'D02', 'D08']) {
    t.equal(
      tumourOf(facts({ diagnosis, referralType: '12' })),
      'urological',
      `${diagnosis} says nothing`,
    )
  }
  const suspected = [
    'breast',
    'children',
    'lung',
    'haematological',
    'haematological',
    'upperGi',
    'lowerGi',
    'skin',
    'gynaecological',
    'brain',
    'urological',
    'urological',
    'headNeck',
    'sarcoma',
    'other',
    'breast',
    'nonSpecific',
    'other',
  ]
  suspected.forEach((tumour, at) => {
    t.equal(tumourOf(facts({ referralType: String(at + 1).padStart(2, '0') })), tumour)
  })
  t.equal(tumourOf(facts({ referralType: '99' })), 'other')
  t.equal(tumourOf(facts()), 'other')

  t.equal(tumourOf(facts({ diagnosis: 'D02', referralType: '17' })), 'nonSpecific')
  t.equal(tumourOf(facts({ diagnosis: 'C42', referralType: '17' })), 'nonSpecific')
  for (const [diagnosis, tumour] of [
    ['D0751', 'prostate'],
    ['D0741', 'urological'],
    ['D0761', 'urological'],
    ['D0701', 'gynaecological'],
  ]) {
    t.equal(tumourOf(facts({ diagnosis: String(diagnosis) })), tumour, String(diagnosis))
  }
  t.end()
})

t.test('CLK-21 the awaited step: stated, else worked out', (t) => {
  const step = (more: Partial<EntryFacts>) => awaitedStep(usc(more))
  t.strictSame(step({ step: 'petCt' }), { step: 'petCt', inferred: false })
  t.strictSame(step({}), { step: 'clinic', inferred: true })
  t.equal(awaitedStep(usc({ step: 'ct', treatedOn: day(50) })), null, 'closed: nothing')
  const keyTests = {
    lung: 'ebus',
    lowerGi: 'colonoscopy',
    upperGi: 'ogd',
    prostate: 'mri',
    breast: 'mammogram',
    gynaecological: 'hysteroscopy',
    skin: 'skinExcision',
    headNeck: 'nasendoscopy',
    urological: 'cystoscopy',
    hpb: 'eus',
    haematological: 'usBiopsy',
    lymphoma: 'usBiopsy',
    nonSpecific: 'ct',
    other: 'ct',
    brain: 'ct',
    sarcoma: 'ct',
    children: 'ct',
  } as const
  for (const [tumour, test] of Object.entries(keyTests) as [keyof typeof keyTests, string][]) {
    t.equal(step({ tumour, firstSeenOn: day(5) })?.step, test, tumour)
    const treatment = ['haematological', 'lymphoma', 'children'].includes(tumour)
      ? 'sact'
      : 'surgery'
    t.equal(
      step({ tumour, firstSeenOn: day(5), dttOn: day(20) })?.step,
      treatment,
      `${tumour} treatment`,
    )
  }
  t.equal(step({ firstSeenOn: day(5), toldOn: day(20), fdsEndReason: '01' })?.step, 'surgery')
  t.equal(step({ ecadOn: day(20) })?.step, 'surgery')
  t.equal(step({ firstSeenOn: day(5), toldOn: day(20) })?.step, 'ebus', 'told, no reason given')
  t.equal(step({ fdsEndReason: '01' })?.step, 'clinic', 'a reason without a day')
  const planned = {
    '02': 'sact',
    '03': 'sact',
    '04': 'sact',
    '05': 'radiotherapy',
    '06': 'radiotherapy',
    '13': 'radiotherapy',
    '14': 'sact',
    '15': 'sact',
    '19': 'radiotherapy',
    '21': 'sact',
    '22': 'radiotherapy',
    '23': 'surgery',
    '24': 'surgery',
    '97': 'surgery',
  }
  for (const [modality, wanted] of Object.entries(planned))
    t.equal(step({ dttOn: day(20), modality })?.step, wanted, modality)
  t.end()
})

t.test('CLK-22 thresholds, trajectory and limits are dated configuration', (t) => {
  const share = (standard: 'fds28' | 'dtt31' | 'rtt62', on: string) =>
    thresholdOn(standardsConfig, standard, d(on))
  t.equal(share('fds28', '2021-09-30'), null)
  t.equal(share('fds28', '2021-10-01'), 0.75)
  t.equal(share('fds28', '2026-02-28'), 0.75)
  t.equal(share('fds28', '2026-03-01'), 0.8)
  t.equal(share('dtt31', '2026-03-01'), 0.96)
  t.equal(share('rtt62', '2026-03-01'), 0.85)
  const plan = (on: string) => trajectoryOn(standardsConfig, 'rtt62', d(on))
  const steps: [string, number | null][] = [
    ['2025-02-28', null],
    ['2025-03-01', 0.7],
    ['2026-02-28', 0.7],
    ['2026-03-01', 0.75],
    ['2027-03-01', 0.8],
    ['2029-02-28', 0.8],
    ['2029-03-01', 0.85],
  ]
  for (const [on, wanted] of steps) t.equal(plan(on), wanted, on)
  t.equal(trajectoryOn(standardsConfig, 'fds28', d('2030-01-01')), null)
  const stricter = { ...standardsConfig, limitDays: { fds28: 21, dtt31: 14, rtt62: 49 } }
  const { fds28, dtt31, rtt62 } = clocks(usc({ dttOn: day(30) }), day(50), stricter)
  t.match(
    [fds28, dtt31, rtt62],
    [
      { targetOn: day(21), breached: true },
      { targetOn: day(44), breached: true },
      { targetOn: day(49), breached: true },
    ],
  )
  t.equal(standardsConfig.handOverDays + standardsConfig.treatDays, standardsConfig.limitDays.rtt62)

  t.match(standardsConfig.version, /^\d{4}-\d{2}$/)
  const lines = [
    ...Object.values(standardsConfig.thresholds),
    ...Object.values(standardsConfig.trajectory),
  ].flat()
  t.ok(
    lines.every(({ source, from }) => source.length > 2 && from.length === 10),
    'every line says where it is from',
  )
  t.strictSame([standardsConfig.trajectory.fds28, standardsConfig.trajectory.dtt31], [[], []])
  t.end()
})

t.test('CLK-23 an explanation is a sum a reader can redo', (t) => {
  const f = usc({
    missedFirstAppointments: [day(9)],
    firstSeenAdjustmentDays: 4,
    dttOn: day(30),
    treatedOn: day(70),
    pauses: [{ from: day(40), to: day(47), reason: '8' }],
  })
  const { fds28, dtt31, rtt62 } = clocks(f, LATER)
  t.strictSame(rtt62 && explainClock(rtt62), [
    { label: 'Standard', value: '62-day referral to treatment', rule: 'CLK-6' },
    { label: 'Start: referral received', value: '2025-03-10', rule: 'CLK-6' },
    { label: 'Stop: treated', value: '2025-05-19', rule: 'CLK-6' },
    { label: 'Days from start to end', value: '70', rule: 'CLK-1' },
    { label: 'Less: missed the first appointment on 2025-03-19', value: '-9', rule: 'CLK-11' },
    {
      label: 'Not taken off: the dates missed are given and say it exactly',
      value: '(4)',
      rule: 'CLK-11',
    },
    { label: 'Less: patient pause 2025-04-19 to 2025-04-26', value: '-7', rule: 'CLK-13' },
    { label: 'Wait', value: '70 - 16 = 54 days', rule: 'CLK-9' },
    { label: 'Limit', value: '62 days', rule: 'CLK-22' },
    { label: 'Last day in time', value: '2025-05-27', rule: 'CLK-9' },
    { label: 'Breach from', value: '2025-05-28', rule: 'CLK-9' },
    { label: 'Days left', value: '8', rule: 'CLK-9' },
    { label: 'Within the limit', value: 'yes', rule: 'CLK-9' },
    { label: 'Counted by the standard', value: 'yes', rule: 'CLK-7' },
  ])
  t.match(dtt31 && explainClock(dtt31)[0], { rule: 'CLK-5' })
  t.match(fds28 && explainClock(fds28).at(-1), { value: 'yes', rule: 'CLK-4' })
  const running = fds(usc({ firstSeenAdjustmentDays: 3, firstSeenAdjustmentReason: '3' }), day(40))
  t.match(running && explainClock(running), [
    {},
    {},
    { label: 'Still running on', value: day(40), rule: 'CLK-16' },
    {},
    { label: 'Less: first appointment missed', value: '-3', rule: 'CLK-11' },
    {},
    {},
    {},
    {},
    {},
    { label: 'Within the limit', value: 'no' },
  ])
  const closed = rtt(usc({ closedOn: day(40), dttOn: day(20), treatmentAdjustmentDays: 2 }), LATER)
  t.match(closed && explainClock(closed), [
    {},
    {},
    { label: 'Stop: closed', rule: 'CLK-19' },
    {},
    { rule: 'CLK-14' },
  ])
  t.match(closed && explainClock(closed).at(-1), { value: 'no: closed by the trust' })
  t.end()
})

const anyDate = fc.integer({ min: -200, max: 300 }).map(day)
const anyFacts: fc.Arbitrary<EntryFacts> = fc.record(
  {
    localId: fc.constant('X:1'),
    priorityType: fc.constantFrom('1', '2', '3'),
    referralSource: fc.constantFrom('03', '17'),
    referralType: fc.constantFrom('03', '16'),
    receivedOn: anyDate,
    upgradedOn: anyDate,
    firstSeenOn: anyDate,
    toldOn: anyDate,
    fdsEndReason: fc.constantFrom('01', '02', '03', '04', '09'),
    fdsExclusion: fc.constantFrom('01', '02'),
    dttOn: anyDate,
    ecadOn: anyDate,
    treatedOn: anyDate,
    treatmentEvent: fc.constantFrom('01', '02', '07'),
    patientStatus: fc.constantFrom('03', '07', '08', '13', '14'),
    modality: fc.constantFrom('23', '98'),
    diagnosis: fc.constant('C341'),
    firstSeenSite: fc.constant('ABC01'),
    firstSeenAdjustmentDays: fc.integer({ min: -5, max: 1200 }),
    treatmentAdjustmentDays: fc.integer({ min: -5, max: 1200 }),
    missedFirstAppointments: fc.array(anyDate, { maxLength: 4 }),
    pauses: fc.array(
      fc.record({ from: anyDate, to: anyDate, reason: fc.constantFrom('6', '8', '9') }),
      { maxLength: 4 },
    ),
    closedOn: anyDate,
  },
  { requiredKeys: ['localId'] },
)
const each = (f: EntryFacts, asOf: IsoDate) =>
  [fds(f, asOf), dtt(f, asOf), rtt(f, asOf)].filter((clock) => clock !== null)

t.test('CLK-15 CLK-17 whatever the facts: no throw, no negative wait, a sum that adds up', (t) => {
  fc.assert(
    fc.property(anyFacts, anyDate, (f, asOf) => {
      for (const clock of each(f, asOf)) {
        const sum = clock.rawDays - countedDays(clock.adjustments)
        if (clock.waitDays < 0 || clock.waitDays !== sum) return false
        if (clock.daysToTarget !== clock.limitDays - clock.waitDays) return false
        if (clock.breached !== clock.daysToTarget < 0) return false
        if (daysBetween(clock.startOn, clock.stopOn ?? asOf) !== clock.rawDays) return false
        if (clock.inStandard !== (clock.excludedBecause === null)) return false
        if (clock.state === 'running' && !clock.inStandard) return false
        if (explainClock(clock).some(({ value }) => /NaN|undefined/.test(value))) return false
      }
      return openState(f).open === (awaitedStep(f) !== null)
    }),
    { numRuns: 3000 },
  )
  t.end()
})

t.test('CLK-16 a day later a wait is never shorter, and a breach stays a breach', (t) => {
  fc.assert(
    fc.property(anyFacts, fc.integer({ min: -200, max: 300 }), (f, at) => {
      const [now, next] = [clocks(f, day(at)), clocks(f, day(at + 1))]
      for (const name of ['fds28', 'dtt31', 'rtt62'] as const) {
        const [a, b] = [now[name], next[name]]
        if (a === null || b === null || a.startOn !== b.startOn) continue
        // A first appointment that turns out to be missed takes its days off on that day, as the rule says.
        if (countedDays(b.adjustments) - countedDays(a.adjustments) > 1) continue
        if (b.waitDays < a.waitDays) return false
        if (a.breached && !b.breached) return false
      }
      return true
    }),
    { numRuns: 3000 },
  )
  t.end()
})

t.test('CLK-9 the numeric path says what the clocks say', (t) => {
  const into = new Int32Array(WAITS_PER_ENTRY * 2)
  fc.assert(
    fc.property(anyFacts, anyDate, (f, asOf) => {
      writeWaits(f, asOf, into, WAITS_PER_ENTRY)
      const row = into.subarray(WAITS_PER_ENTRY)
      const { fds28, dtt31, rtt62 } = clocks(f, asOf)
      const wanted = [fds28, dtt31, rtt62].flatMap((clock) =>
        clock?.state === 'running' ? [clock.waitDays, dayOf(clock.targetOn)] : [NO_WAIT, NO_WAIT],
      )
      return (
        wanted.every((value, at) => row[at] === value) &&
        row[WAIT_COLUMNS.rttWaitDays] === wanted[4]
      )
    }),
  )
  t.end()
})
