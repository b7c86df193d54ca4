import { setTimeout as delay } from 'node:timers/promises'
import type { WhyNot } from '../../domain/plan/model.ts'
import { LostLeadership } from './leadership.ts'
import { openPlanDesk, PlannerGone, type PlanDesk } from './desk.ts'
import { openPlanFacts } from './facts.ts'
import { planOnce, type PlanMemory, type PlanOptions } from './once.ts'
import type { TravelTable } from '../travel.ts'

/** Changes that come together are planned together. */
const GATHER_MS = 10
/** After a plan that failed: whatever is in the way may have gone by then; longer each time it has not. */
const RETRY_MS = 1_000
const RETRY_MOST_MS = 30_000

const nothingSaid = (): PlanMemory => ({ prices: '', moved: -1, effect: '' })

export interface PlannerOptions extends PlanOptions {
  readonly travel: TravelTable
  readonly onError: (error: unknown) => void
}

/** Plans whenever facts, slots or answers change, while this process leads. */
export interface PlannerJob {
  /** Asks for a plan soon; many asks make one plan. */
  wake(): void
  /** Resolves when no plan is running or wanted. */
  idle(): Promise<void>
  /** Resolves when everything written so far, plans included, is on the list and planned. */
  settled(): Promise<void>
  /** Why a patient is not given a slot, as things are now; any process can say, whether it leads or not. [MOV-25] */
  whyNot(entryId: number, capacityId: number): Promise<WhyNot | null>
  /** Where the plans are made. */
  readonly desk: PlanDesk
  close(): Promise<void>
}

/**
 * One plan after another, never two at once: tell the planning thread what changed, let it decide, write in one
 * fenced transaction. What changed while a plan ran is planned next.
 */
export function startPlannerJob(options: PlannerOptions): PlannerJob {
  const { db, leadership, list, travel, now, onError } = options
  const stopping = new AbortController()
  const isStopping = (): boolean => stopping.signal.aborted
  const desk = openPlanDesk((error) => {
    onError(error)
    wake()
  })
  const facts = openPlanFacts({ db, list, desk, travel, now })
  let wanted = false
  let running: Promise<void> | null = null
  let memory = nothingSaid()
  let retryMs = RETRY_MS
  /** The desk is asked for one thing at a time: what it is told in between must not be split. */
  let turn: Promise<unknown> = Promise.resolve()

  const stopListening = list.onChange((change) => {
    if (facts.note(change)) wake()
  })

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }

  function wake(): void {
    wanted = true
    running ??= work().finally(() => {
      running = null
      if (wanted && !isStopping()) wake()
    })
  }

  async function work(): Promise<void> {
    await delay(GATHER_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    wanted = false
    const fence = leadership.fence()
    if (fence === null || isStopping()) return
    try {
      const seq = await inTurn(() => planOnce({ ...options, desk, facts }, fence, memory))
      // the next plan must know of what this one changed
      if (seq !== null) await list.caughtUp(seq)
      retryMs = RETRY_MS
    } catch (error) {
      if (isStopping() || error instanceof LostLeadership) return
      // of a thread that ended the desk has told already
      if (!(error instanceof PlannerGone)) onError(error)
      wanted = true
      await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      retryMs = Math.min(RETRY_MOST_MS, retryMs * 2)
    }
  }

  leadership.onElected(() => {
    // what another leader wrote is read, not remembered
    facts.forget()
    memory = nothingSaid()
    wake()
  })

  async function idle(): Promise<void> {
    while (running !== null) await running
  }

  async function followed(): Promise<number> {
    const [row] = await db.sql<{ seq: number }[]>`select last_seq as seq from change_clock`
    await list.caughtUp(row?.seq ?? 0)
    return list.seq
  }

  return {
    wake,
    idle,
    async settled() {
      for (let before = -1, after = await followed(); before !== after;) {
        before = after
        await idle()
        after = await followed()
      }
    },
    whyNot: (entryId, capacityId) =>
      inTurn(async () => {
        await facts.bring()
        await desk.plan()
        return desk.whyNot(entryId, capacityId)
      }),
    desk,
    async close() {
      stopListening()
      stopping.abort()
      // a plan that waits for the list would wait for ever: the thread goes first
      await desk.close()
      await running
    },
  }
}
