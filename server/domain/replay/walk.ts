import { toIso, type DayNumber } from '../../../shared/date.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import { planDeadlines } from '../plan/deadlines.ts'
import type { PlanCapacity, PlannedMove, PlanOutput, PlanPatient } from '../plan/model.ts'
import { plan } from '../plan/planner.ts'
import type { ReplayArm, ReplayMove, ReplayPeriod, ReplaySlots, ReplayWalk } from './model.ts'

const WEEK_DAYS = 7
/** A refused slot is offered on so often in one week; what is refused even then waits for the next. */
const ROUNDS = 4

/** Somebody who waits for a slot. */
interface Waiting {
  readonly pathway: number
  readonly stage: number
  readonly refused: string[]
}

/** A week's plan settles the slots of one week; later ones are planned again. */
interface Window {
  readonly week: number
  readonly today: DayNumber
}

/**
 * Walks a period week by week: each Monday the planner as shipped plans for everybody who waits, and settles the week of
 * slots that begins when their notice runs out; whatever is later is planned again. A pathway's next stage begins when
 * the last one is done. [MOV-60]
 */
export function* walk(period: ReplayPeriod, arm: ReplayArm): Generator<number, ReplayWalk> {
  const { from, to, pathways } = period
  const weeks = Math.ceil((to - from) / WEEK_DAYS)
  const doneOn = pathways.map(({ stages }) => new Int32Array(stages.length).fill(-1))
  const arriving: Waiting[][] = Array.from({ length: weeks + 1 }, () => [])
  const waiting = new Map<Step, Waiting[]>()
  const slots = slotsByStep(period, arm)
  const moves: ReplayMove[] = []
  const waitingAt: number[] = []
  const plans: { stay: number; plan: number }[] = []
  let declined = 0

  pathways.forEach(({ startOn, stages }, pathway) => {
    const done = doneOn[pathway] as Int32Array
    let stage = 0
    for (; stage < stages.length && (stages[stage]?.doneOn ?? 0) < from; stage++) {
      done[stage] = stages[stage]?.doneOn ?? 0
    }
    const current = stages[stage]
    if (current === undefined) return
    // what was under way when the period began stands as it stood
    go(pathway, stage, stage === 0 ? Math.max(startOn, current.askedOn) : current.askedOn)
  })

  /** From a day on a pathway waits for a stage; what takes no slot takes as long as it took. */
  function go(pathway: number, stage: number, day: number): void {
    const { stages } = pathways[pathway] as (typeof pathways)[number]
    const done = doneOn[pathway] as Int32Array
    for (let at = stage, on = day; at < stages.length; at++) {
      const { at: place, askedOn, doneOn: then } = stages[at] as (typeof stages)[number]
      if (place !== null) {
        const week = Math.max(0, Math.ceil((on - from) / WEEK_DAYS))
        if (week < weeks) arriving[week]?.push({ pathway, stage: at, refused: [] })
        return
      }
      on += then - askedOn
      done[at] = on
    }
  }

  for (let week = 0; week < weeks; week++) {
    const today = (from + week * WEEK_DAYS) as DayNumber
    for (const one of arriving[week] ?? []) {
      const { step } = stageOf(period, one)
      const queue = waiting.get(step) ?? []
      waiting.set(step, queue)
      queue.push(one)
    }
    waitingAt.push([...waiting.values()].reduce((sum, queue) => sum + queue.length, 0))
    let stay = 0
    let planned = 0
    for (const [step, queue] of waiting) {
      const settled = settle({ period, arm, doneOn }, slots.get(step) ?? [], queue, { week, today })
      declined += settled.declined
      stay += settled.first?.costStay ?? 0
      planned += settled.first?.costPlan ?? 0
      moves.push(...settled.moves)
      waiting.set(
        step,
        queue.filter((one) => !settled.days.has(one)),
      )
      for (const [one, day] of settled.days) {
        ;(doneOn[one.pathway] as Int32Array)[one.stage] = day
        go(one.pathway, one.stage + 1, day)
      }
    }
    plans.push({ stay, plan: planned })
    yield (week + 1) / weeks
  }
  return { doneOn, moves, declined, waiting: waitingAt, plans }
}

interface Walking {
  readonly period: ReplayPeriod
  readonly arm: ReplayArm
  readonly doneOn: readonly Int32Array[]
}

/** Each slot falls into the window of one week, so that none is given twice. */
interface Offered {
  readonly slots: ReplaySlots
  readonly free: number
}

interface Settled {
  readonly days: ReadonlyMap<Waiting, DayNumber>
  readonly moves: readonly ReplayMove[]
  readonly declined: number
  /** What the planner proposed before anybody was asked. */
  readonly first: PlanOutput | null
}

/** Plans one step for one week, asks those who would move, and plans again without the moves that were refused. */
function settle(
  walking: Walking,
  all: readonly Offered[],
  queue: readonly Waiting[],
  window: Window,
): Settled {
  const { arm } = walking
  const { today } = window
  const last = today + arm.settings.horizonDays
  const offered = all.filter(
    ({ slots, free }) => free > 0 && slots.day >= today + slots.noticeDays && slots.day <= last,
  )
  const capacity = offered.map(({ slots, free }, id) => capacityOf(slots, free, id, arm))
  let first: PlanOutput | null = null
  let declined = 0
  const agreed = new Set<string>()
  for (let round = 1; queue.length > 0 && offered.length > 0; round++) {
    const asked: Parameters<typeof plan>[0] = {
      today: toIso(today),
      patients: queue.map((one, id) => patientOf(walking, one, id, today)),
      capacity,
      travelMinutes: walking.period.travelMinutes,
      shown: [],
      settings: arm.settings,
    }
    const output = plan(asked)
    arm.look?.(asked, output)
    first ??= output
    const isDue = ({ capacityId }: { readonly capacityId: number }): boolean => {
      const slots = offered[capacityId]?.slots
      return slots !== undefined && slots.day < today + slots.noticeDays + WEEK_DAYS
    }
    const due = output.moves.filter(isDue)
    const refused = due.filter((move) => !saysYes(move))
    declined += refused.length
    for (const { patientId, toTrust } of refused) queue[patientId]?.refused.push(toTrust)
    if (refused.length > 0 && round < ROUNDS) continue
    const moved = due.filter((move) => !refused.includes(move))
    const days = new Map<Waiting, DayNumber>()
    for (const { patientId, capacityId } of [...output.home.filter(isDue), ...moved]) {
      const one = queue[patientId]
      const slot = offered[capacityId]
      if (one !== undefined && slot !== undefined) days.set(one, slot.slots.day)
    }
    return { days, moves: moved.flatMap(moveOf), declined, first }
  }
  return { days: new Map(), moves: [], declined, first }

  /** One who agreed is not asked again in the same week. */
  function saysYes({ patientId, toTrust }: PlannedMove): boolean {
    const one = queue[patientId]
    if (one === undefined) return false
    const key = `${String(patientId)} ${toTrust}`
    const { id } = pathwayOf(walking.period, one)
    if (!agreed.has(key) && arm.answer(id, one.stage, toTrust) >= arm.yesShare) return false
    agreed.add(key)
    return true
  }

  function moveOf(move: PlannedMove): ReplayMove[] {
    const one = queue[move.patientId]
    const slot = offered[move.capacityId]?.slots
    if (one === undefined || slot === undefined) return []
    const { fromTrust, toTrust } = move
    const travelMinutes = move.reason.travelMinutes ?? 0
    const { pathway, stage } = one
    const of = { pathway, stage, fromTrust, toTrust, travelMinutes, week: window.week }
    return [{ ...of, toSite: slot.site, on: slot.day }]
  }
}

function patientOf(
  { period, arm, doneOn }: Walking,
  one: Waiting,
  id: number,
  today: DayNumber,
): PlanPatient {
  const { tumour, clocks, startOn } = pathwayOf(period, one)
  const stage = stageOf(period, one)
  const done = doneOn[one.pathway] as Int32Array
  const running = clocks.flatMap(({ kind, startsAt, stopsAt, days, weightPerDayLate }) => {
    const start = startsAt < 0 ? startOn : (done[startsAt] as number)
    if (stopsAt < one.stage || start < 0) return []
    return [{ kind, dueOn: toIso((start + days) as DayNumber), weightLate: weightPerDayLate }]
  })
  return {
    id,
    trust: stage.at?.trust ?? '',
    homeSite: stage.at?.site ?? null,
    tumour,
    step: stage.step,
    deadlines: planDeadlines(running, stage.step),
    expectedStayDay: (today + arm.settings.horizonDays + WEEK_DAYS) as DayNumber,
    travelLimitMinutes: null,
    bookedOn: null,
    ageYears: null,
    midTransfer: false,
    refused: one.refused.map((toTrust) => ({ toTrust, toSite: null, day: null })),
    pathwayKey: null,
  }
}

function capacityOf(slots: ReplaySlots, free: number, id: number, arm: ReplayArm): PlanCapacity {
  const { site, trust, step, day, noticeDays } = slots
  const openToAlliance = arm.pooled && (arm.everySlotOpen || slots.openToAlliance)
  return { id, site, trust, step, day: toIso(day), free, openToAlliance, tumours: null, noticeDays }
}

function slotsByStep({ slots }: ReplayPeriod, arm: ReplayArm): Map<Step, Offered[]> {
  const found = new Map<Step, Offered[]>()
  for (const one of slots) {
    const list = found.get(one.step) ?? []
    found.set(one.step, list)
    list.push({ slots: one, free: one.used + (arm.withSpare ? one.spare : 0) })
  }
  return found
}

function pathwayOf(period: ReplayPeriod, { pathway }: Waiting) {
  return period.pathways[pathway] as ReplayPeriod['pathways'][number]
}

function stageOf(period: ReplayPeriod, one: Waiting) {
  const { stages } = pathwayOf(period, one)
  return stages[one.stage] as (typeof stages)[number]
}
