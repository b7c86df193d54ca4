import t from 'tap'
import { populationOf } from '../../db/sample/population.ts'
import { sampleYear } from '../../db/sample/year.ts'
import {
  DEFAULT_PLAN_SETTINGS,
  type PlanInput,
  type PlanOutput,
} from '../../server/domain/plan/model.ts'
import { homeDays } from '../../server/domain/plan/planner.ts'
import { openBook } from '../../server/domain/plan/book.ts'
import { compare } from '../../server/domain/replay/compare.ts'
import type {
  ReplayArm,
  ReplayPathway,
  ReplayPeriod,
  ReplaySlots,
  ReplayWalk,
} from '../../server/domain/replay/model.ts'
import { ASSUMED, replay, type ReplayFrame } from '../../server/domain/replay/replay.ts'
import { walk } from '../../server/domain/replay/walk.ts'
import { toDay, type DayNumber, type IsoDate } from '../../shared/date.ts'
import { replayResult, type ReplayResult } from '../../shared/replay.ts'

const FROM = toDay('2026-01-05' as IsoDate)
const day = (number: number): DayNumber => (FROM + number) as DayNumber
const ALONE: ReplayArm = {
  pooled: false,
  yesShare: 1,
  everySlotOpen: false,
  withSpare: true,
  settings: DEFAULT_PLAN_SETTINGS,
  answer: () => 0,
}
const POOLED: ReplayArm = { ...ALONE, pooled: true }

function ended<T>(going: Generator<number, T>): T {
  for (;;) {
    const next = going.next()
    if (next.done === true) return next.value
  }
}

/** Asked for EBUS on a day, due 10 days after it at 2 points a day, then five days to the letter. */
function pathway(id: number, trust: string, askedOn: number): ReplayPathway {
  return {
    id,
    trust,
    tumour: 'lung',
    startOn: day(askedOn),
    stages: [
      {
        ...{ step: 'ebus', askedOn: day(askedOn), doneOn: day(askedOn + 12) },
        at: { trust, site: `${trust}01` },
      },
      { step: 'mdt', askedOn: day(askedOn + 12), doneOn: day(askedOn + 17), at: null },
    ],
    clocks: [{ kind: 'fds28', startsAt: -1, days: 17, stopsAt: 1, weightPerDayLate: 2 }],
  }
}

function slots(trust: string, on: number, more: Partial<ReplaySlots> = {}): ReplaySlots {
  return {
    ...{ site: `${trust}01`, trust, step: 'ebus', day: day(on), used: 1, spare: 0 },
    ...{ openToAlliance: true, noticeDays: 3 },
    ...more,
  }
}

/** Two wait at A, which has a slot on day 5 and one on day 40; B has an empty one on day 6. */
const PERIOD: ReplayPeriod = {
  from: day(0),
  to: day(49),
  pathways: [pathway(1, 'AAA', -4), pathway(2, 'AAA', -3)],
  slots: [slots('AAA', 5), slots('AAA', 40), slots('BBB', 6, { used: 0, spare: 1 })],
  travelMinutes: () => 30,
}

t.test(
  'MOV-60 two at one trust, worked out by hand: alone on day 40, together on day 6',
  async (t) => {
    const alone = ended(walk(PERIOD, ALONE))
    const pooled = ended(walk(PERIOD, POOLED))
    const done = ({ doneOn }: ReplayWalk): number[][] =>
      doneOn.map((days) => [...days].map((on) => on - FROM))
    t.same(done(alone), [
      [5, 10],
      [40, 45],
    ])
    t.same(done(pooled), [
      [5, 10],
      [6, 11],
    ])
    t.match(pooled.moves, [{ pathway: 1, toSite: 'BBB01', on: day(6), travelMinutes: 30, week: 0 }])
    t.equal(pooled.moves.length, 1)
    const nobody = ended(walk(PERIOD, { ...POOLED, yesShare: 0 }))
    t.same(done(nobody), done(alone), 'nobody says yes: as alone')
    t.equal(nobody.declined, 1, 'and is asked once, not every week')
    t.same(done(ended(walk(PERIOD, { ...POOLED, withSpare: false }))), done(alone), 'no empty slot')
    const shut = {
      ...PERIOD,
      slots: PERIOD.slots.map((one) => ({ ...one, openToAlliance: false })),
    }
    t.same(done(ended(walk(shut, POOLED))), done(alone), 'nothing opened')
    t.same(done(ended(walk(shut, { ...POOLED, everySlotOpen: true }))), done(pooled))
  },
)

t.test(
  'MOV-62 what is counted: the breach when the limit runs out, days and points inside',
  async (t) => {
    const counted = compare(PERIOD, ended(walk(PERIOD, ALONE)), ended(walk(PERIOD, POOLED)))
    // the second is due on day 14 and told on day 45: 31 days late at 2 points; days on the list 10 + 45 from day 0
    t.same(counted.alone, { breaches: 1, pointsLate: 62, daysWaited: 55 })
    t.same(counted.pooled, { breaches: 0, pointsLate: 0, daysWaited: 21 })
    t.match(counted.saved, { moves: 1, declined: 0, travelMinutes: 30, sooner: 1, later: 0 })
    t.same(
      counted.weeks.map(({ alone }) => alone.breaches),
      [0, 0, 1, 0, 0, 0, 0],
      'day 15 is in the third week',
    )
    t.same(counted.byTrust, [
      { trust: 'AAA', out: 1, in: 0, breachesAvoided: 1, pointsSaved: 62, daysSaved: 34 },
    ])
  },
)

const frame = (seed: number): ReplayFrame =>
  sampleYear(populationOf({ seed, asOf: '2026-11-22' as IsoDate, pathways: 200, trusts: 8 }))

t.test('MOV-60 nobody twice, no slot twice, no week dearer than every trust alone', async (t) => {
  for (const seed of [1, 2]) {
    const { period, answer } = frame(seed)
    for (const arm of [ALONE, { ...POOLED, yesShare: ASSUMED.yesShare }]) {
      const walked = ended(walk(period, { ...arm, answer }))
      const movedTo = new Map(
        walked.moves.map((move) => [`${String(move.pathway)} ${String(move.stage)}`, move.toTrust]),
      )
      t.equal(movedTo.size, walked.moves.length, 'one move a stage')
      const taken = new Map<string, number>()
      let outOfOrder = 0
      period.pathways.forEach(({ stages }, at) => {
        const done = walked.doneOn[at] ?? new Int32Array(0)
        stages.forEach((stage, index) => {
          const on = done[index] ?? -1
          const before = index === 0 ? 0 : (done[index - 1] ?? -1)
          if (on >= 0 && (before < 0 || on < before)) outOfOrder++
          if (on < period.from || stage.at === null) return
          const trust = movedTo.get(`${String(at)} ${String(index)}`) ?? stage.at.trust
          const key = `${trust} ${stage.step} ${String(on)}`
          taken.set(key, (taken.get(key) ?? 0) + 1)
        })
      })
      t.equal(outOfOrder, 0, 'a stage is done once, after the one before')
      const there = new Map<string, number>()
      for (const { trust, step, day, used, spare } of period.slots) {
        const key = `${trust} ${step} ${String(day)}`
        there.set(key, (there.get(key) ?? 0) + used + spare)
      }
      const over = [...taken].filter(([key, count]) => count > (there.get(key) ?? 0))
      t.same(over, [], 'no slot given twice')
      t.ok(taken.size > 500, `${String(taken.size)} days with slots given`)
      const dearer = walked.plans.filter(({ stay, plan }) => plan > stay + 0.05)
      t.same(dearer, [], 'every plan is at least as good as every trust alone')
      t.equal(walked.moves.length > 0, arm.pooled)
    }
  }
})

t.test(
  'MOV-61 the same year gives the same result, with what is assumed and what hangs on it',
  async (t) => {
    const result = ended(replay(frame(1)))
    t.same(ended(replay(frame(1))), result, 'again')
    t.same(replayResult.parse(result), result, 'in the shape that is told')
    const { weeks, saved, alone, pooled, byTrust, sensitivity, assumptions } = result
    t.equal(weeks.length, 52)
    const sum = (of: (week: ReplayResult['weeks'][number]) => number): number =>
      weeks.reduce((total, week) => total + of(week), 0)
    t.equal(
      sum((week) => week.alone.breaches),
      alone.breaches,
      'weeks add up',
    )
    t.equal(
      sum((week) => week.pooled.daysWaited),
      pooled.daysWaited,
    )
    t.equal(
      sum((week) => week.moves),
      saved.moves,
    )
    t.equal(
      byTrust.reduce((total, one) => total + one.out, 0),
      saved.moves,
    )
    t.equal(
      byTrust.reduce((total, one) => total + one.in, 0),
      saved.moves,
    )
    t.equal(saved.breachesAvoided, alone.breaches - pooled.breaches)
    t.ok(saved.pointsSaved > 0, `${String(saved.pointsSaved)} weighted days late saved`)
    t.equal(sensitivity.length, 4)
    const [half, everybody] = sensitivity
    t.ok(
      (half?.moves ?? 0) < saved.moves && saved.moves < (everybody?.moves ?? 0),
      'by who says yes',
    )
    t.ok(assumptions.length >= 8)
    t.ok(assumptions.every(({ why, statedOn }) => why.length > 20 && statedOn >= '2026-11-01'))
  },
)

/** By id, the day each patient has with their trust alone and in a plan: as the planner itself tells them apart. */
function daysOf(asked: PlanInput, { moves, home }: PlanOutput) {
  const book = openBook(asked)
  const alone = homeDays(book, book.patients)
  const dayOf = new Map(asked.capacity.map(({ id, day: on }) => [id, toDay(on)]))
  const given = new Map([...moves, ...home].map((one) => [one.patientId, one.capacityId]))
  return book.patients.map(({ id, deadlines, expectedStayDay }, at) => ({
    deadlines,
    alone: alone[at] ?? expectedStayDay,
    together: dayOf.get(given.get(id) ?? -1) ?? expectedStayDay,
  }))
}

t.test(
  'MOV-19 MOV-60 in no week is anybody pushed past a deadline that their trust alone would meet, with empty slots or none',
  async (t) => {
    const { period, answer } = sampleYear(
      populationOf({ pathways: 500, trusts: 8, seed: 3, asOf: '2026-11-22' as IsoDate }),
    )
    const quarter = { ...period, to: (period.from + 91) as DayNumber }
    for (const withSpare of [true, false]) {
      const seen = { plans: 0, moves: 0, later: 0, pushed: 0 }
      const look = (asked: PlanInput, planned: PlanOutput): void => {
        if (planned.moves.length === 0) return
        seen.plans++
        seen.moves += planned.moves.length
        for (const { deadlines, alone, together } of daysOf(asked, planned)) {
          if (together > alone) seen.later++
          if (deadlines.some(({ dueDay }) => alone <= dueDay && together > dueDay)) seen.pushed++
        }
      }
      ended(walk(quarter, { ...POOLED, yesShare: ASSUMED.yesShare, withSpare, answer, look }))
      t.comment(JSON.stringify({ withSpare, ...seen }))
      t.ok(seen.plans > 30 && seen.later > 20, `${String(seen.later)} are seen later, in time`)
      t.equal(seen.pushed, 0)
    }
  },
)
