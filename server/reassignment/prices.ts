import { z } from 'zod'
import type { Database } from '../../db/client.ts'
import type { LiveList } from '../list/live-list.ts'

/** Prices as kept with a plan: capacity id to points; buckets where a further slot saves nothing are left out. */
export const storedPrices = z.record(z.string(), z.number())

export interface PlanSummary {
  readonly at: string
  readonly patients: number
  readonly slots: number
  readonly moved: number
  readonly costStay: number
  readonly costPlan: number
  readonly tookMs: number
}

/** What one more slot would save, by the newest plan of whichever process leads. */
export interface Prices {
  /** Weighted days late; 0 where a further slot saves nothing; null before the first plan. */
  of(capacityId: number): number | null
  plan(): PlanSummary | null
  close(): void
}

/** Follows the plans through the change log. */
export async function openPrices(options: {
  readonly db: Database
  readonly list: LiveList
  readonly onError: (error: unknown) => void
}): Promise<Prices> {
  const { db, list, onError } = options
  let prices: ReadonlyMap<number, number> | null = null
  let summary: PlanSummary | null = null

  async function read(): Promise<void> {
    const [row] = await db.scoped(
      { kind: 'system', name: 'prices' },
      (tx) => tx<(PlanSummary & { prices: unknown })[]>`
      select at, patients, slots, moved, cost_stay as "costStay", cost_plan as "costPlan", took_ms as "tookMs", prices
      from plan order by id desc limit 1`,
    )
    if (row === undefined) return
    const { prices: stored, ...rest } = row
    summary = rest
    prices = new Map(
      Object.entries(storedPrices.parse(stored)).map(([id, points]) => [Number(id), points]),
    )
  }

  const stop = list.onChange((change) => {
    if (change.rows.some((row) => row.kind === 'plan')) void read().catch(onError)
  })
  await read()
  return {
    of: (capacityId) => (prices === null ? null : (prices.get(capacityId) ?? 0)),
    plan: () => summary,
    close: stop,
  }
}
