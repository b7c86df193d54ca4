import { appendChanges, type Change } from '../../../db/changes.ts'
import type { Database } from '../../../db/client.ts'
import { londonDate } from '../../../shared/date.ts'
import type { LiveList } from '../../list/live-list.ts'
import type { Leadership } from './leadership.ts'
import type { PlanDesk } from './desk.ts'
import type { PlanFacts } from './facts.ts'
import type { PlanResult } from './messages.ts'
import { savePlan } from './record.ts'
import { choose, create, expire, withdraw, type Touched } from '../suggestions/changes.ts'

export interface PlanOptions {
  readonly db: Database
  readonly list: LiveList
  readonly leadership: Leadership
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Keeps in mind what the last plan written said, so that one that says the same is not written again. */
export interface PlanMemory {
  prices: string
  moved: number
  effect: string
}

/**
 * Brings the thread's facts up to date, has it plan, and writes what changes for people in one fenced transaction; a
 * plan that changes nothing writes nothing.
 * @returns the change-log number written; null when nothing was
 * @throws LostLeadership when a newer leader exists: nothing was written
 * @throws PlannerGone when the planning thread ended
 */
export async function planOnce(
  options: PlanOptions & { readonly desk: PlanDesk; readonly facts: PlanFacts },
  fence: number,
  memory: PlanMemory,
): Promise<number | null> {
  const { list, facts, desk } = options
  const lastSeq = list.seq
  await facts.bring()
  const result = await desk.plan()
  // who loses a suggestion to a better one gets that in the same breath: nobody sees a gap
  const ending = new Set(result.withdraw.map(({ id }) => id))
  const staying = [...facts.shown.values()].filter(({ id }) => !ending.has(id))
  const chosen = choose(result.create, { list, shown: staying })
  const effect = JSON.stringify(result.effect)
  const saysSame =
    result.prices === memory.prices && result.moved === memory.moved && effect === memory.effect
  if (saysSame && chosen.length === 0 && result.withdraw.length === 0 && !facts.hasExpired()) {
    return null
  }
  const seq = await write(options, { fence, lastSeq, result, chosen })
  memory.prices = result.prices
  memory.moved = result.moved
  memory.effect = effect
  return seq
}

async function write(
  { db, leadership, list, facts, now }: PlanOptions & { readonly facts: PlanFacts },
  given: {
    readonly fence: number
    readonly lastSeq: number
    readonly result: PlanResult
    readonly chosen: PlanResult['create']
  },
): Promise<number | null> {
  const { result, fence, lastSeq } = given
  const today = londonDate(now())
  return db.scoped({ kind: 'system', name: 'planner' }, async (tx) => {
    await leadership.assertFence(tx, fence)
    const at = new Date(now()).toISOString()
    // time first: what ran out says so, rather than that its slot has gone
    const expired = await expire(tx, today, at)
    const withdrawn = await withdraw(tx, result, at)
    const { bucketOf } = facts
    const created = await create(tx, { moves: given.chosen, bucketOf, list, at })
    const touched = [...expired, ...withdrawn, ...created]
    const newPlan = await savePlan(tx, { result, fence, lastSeq, at })
    if (touched.length === 0 && !newPlan) return null
    return appendChanges(tx, [...changesOf(touched), ...(newPlan ? [NEW_PLAN] : [])], at)
  })
}

const NEW_PLAN: Change = { topic: 'capacity', kind: 'plan', payload: {} }

/** What everybody is told: the suggestions, and the slots that are free again. */
function changesOf(touched: readonly Touched[]): Change[] {
  if (touched.length === 0) return []
  const slots = touched.flatMap(({ freed }) => freed ?? [])
  return [
    {
      topic: 'suggestions',
      kind: 'suggestions',
      entryIds: touched.map((one) => one.entryId),
      payload: { ids: touched.map((one) => one.id) },
    },
    ...slots.map(({ site, step, day }): Change => ({
      topic: 'capacity',
      kind: 'capacity',
      payload: { site, step, days: [day] },
    })),
  ]
}
