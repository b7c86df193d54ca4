import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { addDays, toIso } from '../../shared/date.ts'
import type { DayNumber, IsoDate } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import { STEPS, TUMOURS } from '../../shared/vocabulary.ts'
import type { Step, Tumour } from '../../shared/vocabulary.ts'
import { clocks } from '../../server/domain/clock/clock.ts'
import { dayOf } from '../../server/domain/clock/day.ts'
import { compactPlaces } from '../../server/domain/rank/compact.ts'
import { hundredths } from '../../server/domain/rank/compiled-policy.ts'
import { deadlines } from '../../server/domain/rank/deadlines.ts'
import { defaultPolicy, shippedPolicy } from '../../server/domain/rank/default-policy.ts'
import { because, explainPlace, whyAbove } from '../../server/domain/rank/explain.ts'
import { compareKeys, packKey, unpackKey } from '../../server/domain/rank/order.ts'
import type { RankKey } from '../../server/domain/rank/order.ts'
import { place, waitFromDay } from '../../server/domain/rank/place.ts'
import type { OverrideInForce } from '../../server/domain/rank/place.ts'
import { policyBody } from '../../server/domain/rank/policy.ts'
import type { Policy } from '../../server/domain/rank/policy.ts'

const TODAY = '2026-11-22' as IsoDate
const ago = (days: number) => addDays(TODAY, -days)
const usc = (days: number, more: Partial<EntryFacts> = {}): EntryFacts => ({
  localId: 'A1',
  priorityType: '3',
  referralType: '03',
  receivedOn: ago(days),
  ...more,
})
const placeOf = (facts: EntryFacts, override?: OverrideInForce, policy: Policy = defaultPolicy) =>
  place(facts, clocks(facts, TODAY), policy, TODAY, override)
const keyOf = (facts: EntryFacts, id: number, override?: OverrideInForce): RankKey => {
  const { tier, points } = placeOf(facts, override)
  const from = waitFromDay(facts, clocks(facts, TODAY), dayOf(TODAY))
  const waitDays = Number.isNaN(from) ? 0 : dayOf(TODAY) - from
  return { tier, pointsHundredths: hundredths(points), waitDays, id }
}
const owedKinds = (facts: EntryFacts) =>
  deadlines(facts, clocks(facts, TODAY), defaultPolicy, TODAY).map((item) => item.kind)

const SURGERY_CODES = ['P1a', 'P1b', 'P2', 'P3', 'P4', 'P5', 'P6']
const anyDay = (from: number, to: number) =>
  fc.integer({ min: from, max: to }).map((days) => ago(days))
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })
/** Facts as trusts send them, contradictions and dates ahead included. */
const anyFacts: fc.Arbitrary<EntryFacts> = fc
  .record({
    receivedOn: maybe(anyDay(-5, 200)),
    priorityType: fc.constantFrom('1', '2', '3'),
    referralType: fc.constantFrom('01', '03', '07', '16'),
    upgradedOn: maybe(anyDay(-5, 150)),
    firstSeenOn: maybe(anyDay(-5, 150)),
    firstSeenAdjustmentDays: maybe(fc.integer({ min: 0, max: 60 })),
    missedFirstAppointments: maybe(fc.array(anyDay(-10, 150), { maxLength: 3 })),
    toldOn: maybe(anyDay(-5, 100)),
    dttOn: maybe(anyDay(-5, 80)),
    treatmentAdjustmentDays: maybe(fc.integer({ min: 0, max: 60 })),
    pauses: maybe(
      fc.array(fc.record({ from: anyDay(0, 60), to: anyDay(-40, 40), reason: fc.constant('8') }), {
        maxLength: 2,
      }),
    ),
    iptRequestedOn: maybe(anyDay(-5, 60)),
    tumour: maybe(fc.constantFrom(...(Object.keys(TUMOURS) as Tumour[]))),
    step: maybe(fc.constantFrom(...(Object.keys(STEPS) as Step[]))),
    stepRequestedOn: maybe(anyDay(-5, 40)),
    priority: maybe(
      fc.oneof(
        fc.record({
          scale: fc.constant('surgery' as const),
          code: fc.constantFrom(...SURGERY_CODES, 'P9'),
          setOn: anyDay(-5, 60),
        }),
        fc.record({
          scale: fc.constant('colonoscopy' as const),
          code: fc.constantFrom('EP1', 'EP2', 'EP3', 'EP4'),
          setOn: anyDay(-5, 60),
        }),
      ),
    ),
    fit: maybe(fc.integer({ min: 0, max: 400 })),
    riskScore: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map((facts) => {
    const given = Object.entries(facts).filter(([, value]) => value !== undefined)
    return { localId: 'A1', ...Object.fromEntries(given) }
  })
const anyOverride: fc.Arbitrary<OverrideInForce | undefined> = maybe(
  fc.record({
    tier: fc.constantFrom(0, 1),
    reason: fc.constant('spinal cord compression'),
    endsOn: anyDay(-30, 5),
  }),
)

t.test('RNK-1 tiers: emergencies first, then overrides, then deadlines', (t) => {
  const emergency = placeOf(usc(1, { priority: { scale: 'surgery', code: 'P1a', setOn: TODAY } }))
  const lifted = placeOf(usc(1), { tier: 1, reason: 'deteriorating', endsOn: TODAY })
  t.equal(emergency.tier, 0)
  t.equal(emergency.tierReason, 'Clinical emergency: coded P1a')
  t.equal(lifted.tier, 1)
  t.equal(placeOf(usc(150)).tier, 2)
  t.end()
})

t.test('RNK-2 the order is total and does not depend on the order of the input', (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(anyFacts, { minLength: 2, maxLength: 30 }), fc.nat(), (people, seed) => {
        const keys = people.map((facts, index) => keyOf(facts, index + 1))
        const shuffled = [...keys].sort(
          (a, b) => ((a.id * 31 + seed) % 17) - ((b.id * 31 + seed) % 17),
        )
        const order = (list: RankKey[]) => [...list].sort(compareKeys).map((key) => key.id)
        assert.deepEqual(order(shuffled), order(keys))
        for (const a of keys)
          for (const b of keys) if (a.id !== b.id) assert.ok(compareKeys(a, b) !== 0)
      }),
      { numRuns: 30 },
    ),
  )
  t.end()
})

t.test('RNK-2 the packed key orders as the key itself, and gives it back', (t) => {
  const anyKey = fc.record({
    tier: fc.integer({ min: 0, max: 15 }),
    pointsHundredths: fc.integer({ min: 0, max: 2 ** 28 - 1 }),
    waitDays: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
    id: fc.constant(1),
  })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        const packed = (key: RankKey) => packKey(key.tier, key.pointsHundredths, key.waitDays)
        assert.equal(Math.sign(packed(a) - packed(b)), Math.sign(compareKeys(a, b)))
        assert.deepEqual({ ...unpackKey(packed(a)), id: 1 }, { ...a })
        assert.ok(Number.isSafeInteger(packed(a)) && packed(a) < 2 ** 48)
      }),
    ),
  )
  t.equal(packKey(1, -5, -3), packKey(1, 0, 0), 'below nought is nought')
  t.end()
})

t.test('RNK-3 points of a deadline: closer, on the day, late', (t) => {
  // 62-day clock: late 2, closer 1 over the last 21 days; only that reason is looked at.
  const pointsOn = (days: number) =>
    placeOf(usc(days, { toldOn: ago(0), fdsEndReason: '01' })).reasons.find(
      (reason) => reason.kind === 'rtt62',
    )
  const cases: [number, number][] = [
    [41, 0], // 21 days left: the first day that could count gives 21 - 21 = 0
    [42, 1], // 20 left: 1 day closer x 1
    [61, 20],
    [62, 21], // the last day in time
    [63, 23], // 21 + 1 day late x 2
    [72, 41],
  ]
  for (const [days, points] of cases) t.equal(pointsOn(days)?.points, points, `day ${days}`)
  t.equal(pointsOn(63)?.daysLate, 1)
  t.equal(pointsOn(62)?.daysLate, 0)
  t.equal(pointsOn(63)?.dueOn, ago(1))
  t.end()
})

t.test('RNK-3 the points of a place are the sum of its reasons', (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { points, reasons } = placeOf(facts)
        assert.equal(
          hundredths(points),
          reasons.reduce((sum, reason) => sum + hundredths(reason.points), 0),
        )
        assert.ok(reasons.every((reason) => reason.points >= 0))
      }),
    ),
  )
  t.end()
})

t.test('RNK-4 which deadlines are owed', (t) => {
  const told = { toldOn: ago(2), fdsEndReason: '01' }
  const cases: [string, EntryFacts, string[]][] = [
    ['not yet seen', usc(10), ['fds28', 'rtt62', 'day104', 'milestone']],
    [
      'first clinic booked',
      usc(10, { stepBookedOn: addDays(TODAY, 2) }),
      ['fds28', 'rtt62', 'day104'],
    ],
    ['told of cancer: no 28 days any more', usc(30, told), ['rtt62', 'day104', 'milestone']],
    [
      'decided',
      usc(30, { ...told, dttOn: ago(1), tumour: 'breast' }),
      ['dtt31', 'rtt62', 'day104'],
    ],
    [
      'being handed over',
      usc(30, { ...told, tumour: 'breast', iptRequestedOn: ago(1) }),
      ['rtt62', 'day104', 'handover38'],
    ],
    [
      'handed over',
      usc(30, { ...told, tumour: 'breast', iptRequestedOn: ago(1), iptReceivedOn: TODAY }),
      ['rtt62', 'day104'],
    ],
    ['unknown route', { localId: 'A', receivedOn: ago(9), priorityType: '1' }, ['milestone']],
    ['closed', usc(30, { closedOn: ago(1) }), []],
  ]
  for (const [title, facts, kinds] of cases) t.strictSame(owedKinds(facts), kinds, title)
  const lungEbus = usc(20, { tumour: 'lung', step: 'ebus', stepRequestedOn: ago(7) })
  const due = deadlines(lungEbus, clocks(lungEbus, TODAY), defaultPolicy, TODAY)
  t.equal(due.find((item) => item.label.startsWith('Lung: EBUS'))?.dueOn, ago(2))
  t.end()
})

t.test('RNK-5 a code is due its days after the date it was set', (t) => {
  const withCode = (code: string, setOn: IsoDate) =>
    usc(10, { priority: { scale: 'surgery', code, setOn } })
  const dueOf = (facts: EntryFacts) =>
    deadlines(facts, clocks(facts, TODAY), defaultPolicy, TODAY).find(
      (item) => item.kind === 'priority',
    )?.dueOn
  t.equal(dueOf(withCode('P2', ago(10))), addDays(TODAY, 18))
  t.equal(dueOf(withCode('p2', ago(10))), addDays(TODAY, 18), 'however it is written')
  t.equal(dueOf(withCode('P5', ago(10))), undefined, 'chose to wait: no date')
  t.equal(dueOf(withCode('P9', ago(10))), undefined, 'a code the policy does not know')
  t.equal(dueOf(withCode('P2', addDays(TODAY, 1))), undefined, 'set tomorrow')
  const wantsReview = (setDaysAgo: number) =>
    explainPlace(placeOf(withCode('P2', ago(setDaysAgo))), defaultPolicy).filter((line) =>
      line.includes('wants a review'),
    )
  t.strictSame(wantsReview(28), [], 'on its last day it holds')
  t.strictSame(wantsReview(29), [
    'Surgery (FSSA P1-P6): P2 is past its time frame and wants a review.',
  ])
  t.end()
})

t.test('RNK-6 a risk score credits days, and no more than the policy says', (t) => {
  const credit = (riskScore: number) =>
    placeOf(usc(1, { riskScore })).reasons.find((reason) => reason.kind === 'credit')?.points ?? 0
  t.strictSame([0, 0.02, 0.03, 0.5, 1].map(credit), [0, 0, 1, 10, 20])
  t.end()
})

t.test(
  'RNK-6 a vulnerability credit, where a policy has one, begins at its performance status',
  (t) => {
    const vulnerability = { performanceStatusFrom: 3, days: 7, weightPerDay: 1, why: 'tried' }
    const policy = { ...defaultPolicy, credits: { ...defaultPolicy.credits, vulnerability } }
    const days = (performanceStatus?: 2 | 3) =>
      placeOf(
        usc(1, performanceStatus === undefined ? {} : { performanceStatus }),
        undefined,
        policy,
      )
        .reasons.filter(({ kind }) => kind === 'credit')
        .map(({ daysLate }) => daysLate)
    t.same([days(), days(2), days(3)], [[], [], [7]])
    const shipped = placeOf(usc(1, { performanceStatus: 3 })).reasons
    t.notOk(
      shipped.some(({ kind }) => kind === 'credit'),
      'shipped switched off',
    )
    t.end()
  },
)

t.test(
  'RNK-2 the wait that breaks a tie is that of the running clock, its adjustments off',
  (t) => {
    const today = dayOf(TODAY)
    const waited = (facts: EntryFacts) => today - waitFromDay(facts, clocks(facts, TODAY), today)
    t.equal(waited(usc(40)), 40)
    const adjusted = { firstSeenOn: ago(20), missedFirstAppointments: [ago(31)] }
    t.equal(waited(usc(40, adjusted)), 31)
    t.equal(waited(usc(40, { priorityType: '1', referralSource: '03' })), 40, 'no clock: receipt')
    t.end()
  },
)

t.test('RNK-7 waiting and FIT lift a colonoscopy class', (t) => {
  const labelOf = (days: number, fit?: number) => {
    const priority = { scale: 'colonoscopy', code: 'EP4', setOn: ago(1) } as const
    const facts = usc(days, fit === undefined ? { priority } : { priority, fit })
    return placeOf(facts).reasons.find((reason) => reason.kind === 'priority')?.label
  }
  t.match(labelOf(56), /: EP4$/)
  t.match(labelOf(57), /: EP2$/)
  t.match(labelOf(70), /: EP2$/)
  t.match(labelOf(71), /: EP1$/)
  t.match(labelOf(1, 60), /: EP4$/)
  t.match(labelOf(1, 61), /: EP1$/)
  t.end()
})

t.test('RNK-8 an override counts to its last day and never puts anybody back', (t) => {
  const until = (endsOn: IsoDate) => placeOf(usc(1), { tier: 1, reason: 'x', endsOn }).tier
  t.equal(until(TODAY), 1)
  const overridden = placeOf(usc(1), { tier: 1, reason: 'x', endsOn: '2026-12-03' as IsoDate })
  t.match(overridden.tierReason, /: until 3 Dec$/, 'in words, as people say dates')
  t.equal(until(ago(1)), 2)
  const emergency = usc(1, { priority: { scale: 'surgery', code: 'P1b', setOn: TODAY } })
  t.equal(placeOf(emergency, { tier: 1, reason: 'x', endsOn: TODAY }).tier, 0)
  const asUrgent = placeOf(emergency, { tier: 0, reason: 'x', endsOn: TODAY })
  t.match(asUrgent.tierReason, /: coded P1b$/, 'who is as urgent by code is there by it')
  t.end()
})

t.test(
  'RNK-9 deprivation, ethnicity, sex and age move nobody, and a policy cannot name them',
  (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          anyFacts,
          fc.integer({ min: 1, max: 10 }),
          fc.constantFrom('A', 'M', 'Z'),
          fc.constantFrom('female' as const, 'male' as const),
          fc.integer({ min: 18, max: 100 }),
          (facts, deprivationDecile, ethnicity, sex, ageYears) => {
            const described = { ...facts, deprivationDecile, ethnicity, sex, ageYears }
            assert.deepEqual(placeOf(described), placeOf(facts))
          },
        ),
      ),
    )
    const body = shippedPolicy
    for (const name of ['deprivation', 'deprivationDecile', 'ethnicity', 'sex', 'ageYears']) {
      t.equal(policyBody.safeParse({ ...body, [name]: 1 }).success, false, name)
      const credits = { ...body.credits, [name]: { days: 1 } }
      t.equal(policyBody.safeParse({ ...body, credits }).success, false, `credits ${name}`)
    }
    t.end()
  },
)

t.test('RNK-10 the shipped policy is a valid policy', (t) => {
  t.strictSame(defaultPolicy, { ...shippedPolicy, version: 1 })
  t.strictSame(policyBody.parse(JSON.parse(JSON.stringify(shippedPolicy))), shippedPolicy)
  t.end()
})

t.test('RNK-11 an explanation can be redone by hand', (t) => {
  const facts = usc(72, { toldOn: TODAY, fdsEndReason: '01', tumour: 'breast', riskScore: 0.5 })
  const found = placeOf(facts)
  t.strictSame(explainPlace(found, defaultPolicy), [
    'Tier 2, By deadlines.',
    `62-day referral to treatment, due ${ago(10)}: 10 days late x 2 = 20, and 21 for the days before it = 41 points.`,
    'Risk score (advisory): 10 days credited x 1 = 10 points.',
    `Day 104, due ${addDays(TODAY, 32)}: 32 days left, too far off to count under policy 1.`,
    'Points: 41 + 10 = 51.',
  ])
  t.equal(because(found, defaultPolicy), '62-day referral to treatment: 10 days late')
  const other = {
    place: placeOf(usc(71, { toldOn: TODAY, fdsEndReason: '01' })),
    waitDays: 71,
    id: 2,
  }
  const here = { place: found, waitDays: 72, id: 1 }
  t.match(whyAbove(here, other), /^51 points against /)
  t.match(whyAbove(here, { ...here, waitDays: 70, id: 2 }), /equal points; waited 72 days/)
  t.match(whyAbove(here, { ...here, id: 2 }), /listed first/)
  t.match(whyAbove({ ...here, place: { ...found, tier: 0 } }, other), /tier 0 comes before tier 2/)
  t.end()
})

t.test('RNK-12 moved on day by day, the flat arrays give what the facts give', (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyFacts, anyOverride, fc.integer({ min: 1, max: 40 }), (facts, given, days) => {
        const override = given ?? null
        const places = compactPlaces(1)
        const write = (asOf: IsoDate) => {
          const all = { facts, clocks: clocks(facts, asOf), policy: defaultPolicy, asOf, override }
          places.write(0, all)
        }
        write(TODAY)
        for (let ahead = 0; ahead <= days; ahead++) {
          const day = dayOf(TODAY) + ahead
          const asOf = toIso(day as DayNumber)
          if (ahead > 0 && places.recheckDay(0) <= day) write(asOf)
          const exact = place(facts, clocks(facts, asOf), defaultPolicy, asOf, override)
          const from = waitFromDay(facts, clocks(facts, asOf), day)
          const wait = Number.isNaN(from) ? 0 : day - from
          assert.deepEqual(
            unpackKey(places.keyOn(0, day)),
            {
              tier: exact.tier,
              pointsHundredths: hundredths(exact.points),
              waitDays: Math.max(0, wait),
            },
            `${ahead} days on: ${JSON.stringify(facts)}`,
          )
        }
      }),
      { numRuns: 400 },
    ),
  )
  t.end()
})

t.test('RNK-13 waiting longer never lowers a place against an otherwise equal person', (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom<Partial<EntryFacts>>(
          {},
          { step: 'colonoscopy', priority: { scale: 'colonoscopy', code: 'EP3', setOn: ago(3) } },
          { tumour: 'lung', step: 'ct' },
          { riskScore: 0.4 },
          { toldOn: TODAY, fdsEndReason: '01' },
        ),
        (days, longer, more) => {
          assert.ok(compareKeys(keyOf(usc(days + longer, more), 2), keyOf(usc(days, more), 1)) < 0)
        },
      ),
    ),
  )
  t.end()
})

t.test('RNK-14 a more urgent code never lowers a place', (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyFacts, fc.nat(6), fc.nat(6), anyDay(0, 60), (facts, one, two, setOn) => {
        const withCode = (index: number): EntryFacts => ({
          ...facts,
          priority: { scale: 'surgery', code: SURGERY_CODES[index] ?? 'P6', setOn },
        })
        const urgent = keyOf(withCode(Math.min(one, two)), 1)
        assert.ok(compareKeys(urgent, keyOf(withCode(Math.max(one, two)), 2)) < 0)
      }),
    ),
  )
  const body = shippedPolicy
  const surgery = body.priority.surgery
  const turned = surgery && { ...surgery, codes: [...surgery.codes].reverse() }
  const unfair = policyBody.safeParse({ ...body, priority: { surgery: turned } })
  t.match(unfair.error?.issues[0]?.message, /less urgent code may not be due earlier/)
  const codes = surgery?.codes ?? []
  const tiers = [...body.tiers, { ...body.tiers[0], tier: 9, name: 'Last', why: 'a test of it' }]
  const withCode = (code: string, changed: object) =>
    policyBody.safeParse({
      ...{ ...body, tiers },
      priority: {
        ...body.priority,
        surgery: {
          ...surgery,
          codes: codes.map((one) => (one.code === code ? { ...one, ...changed } : one)),
        },
      },
    }).error?.issues[0]?.message
  t.equal(withCode('P3', {}), undefined, 'as shipped')
  t.match(withCode('P3', { days: 27 }), /P3: a less urgent code may not be due earlier/)
  t.equal(withCode('P3', { days: 28 }), undefined, 'due on the same day is no harm')
  t.match(withCode('P3', { tier: 1 }), /P3: a less urgent code may not be due earlier/)
  t.match(withCode('P6', { tier: 9 }), /P6: a code may lift a person, never put one back/)
  t.end()
})
