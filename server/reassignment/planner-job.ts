import { setTimeout as delay } from 'node:timers/promises'
import { LostLeadership } from './leadership.ts'
import { planOnce, type PlanOptions } from './plan-once.ts'

/** Changes that come together are planned together. */
const GATHER_MS = 40

export interface PlannerOptions extends PlanOptions {
  readonly onError: (error: unknown) => void
}

/** Plans whenever facts, slots or answers change, while this process leads. */
export interface PlannerJob {
  /** Asks for a plan soon; many asks make one plan. */
  wake(): void
  /** Resolves when no plan is running or wanted. */
  idle(): Promise<void>
  close(): Promise<void>
}

/**
 * One plan after another, never two at once: read, decide (pure), write in one fenced transaction. What changed while
 * a plan ran is planned next. A plan that finds nothing to change writes nothing.
 */
export function startPlannerJob(options: PlannerOptions): PlannerJob {
  const { leadership, list, onError } = options
  const stopping = new AbortController()
  const isStopping = (): boolean => stopping.signal.aborted
  let wanted = false
  let running: Promise<void> | null = null

  /** Who took part in the newest plan: closed history that streams in behind them changes nothing. */
  let planned: ReadonlySet<number> = new Set()
  const stopListening = list.onChange((change) => {
    const kinds = new Set(change.rows.map((row) => row.kind))
    const slotsOrRules = kinds.has('capacity') || kinds.has('suggestions') || kinds.has('policy')
    if (change.reRanked || slotsOrRules || [...change.entryIds].some(takesPart)) wake()
  })

  function takesPart(id: number): boolean {
    return planned.has(id) || list.entry(id) !== undefined
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
      planned = await planOnce(options, fence)
    } catch (error) {
      if (!(error instanceof LostLeadership) && !isStopping()) onError(error)
    }
  }

  leadership.onElected(wake)

  return {
    wake,
    async idle() {
      while (running !== null) await running
    },
    async close() {
      stopListening()
      stopping.abort()
      await running
    },
  }
}
