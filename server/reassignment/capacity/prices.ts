import { z } from 'zod'
import type { Database } from '../../../db/client.ts'
import type { PlanEffect } from '../../domain/plan/model.ts'
import type { LiveList } from '../../list/live-list.ts'

/**
 * Prices as kept with a plan: capacity id to points, days and breaches; buckets where a further slot saves nothing are
 * left out.
 */
export const storedPrices = z.record(
  z.string(),
  // plans made before days and breaches were kept hold the points alone
  z.union([
    z.tuple([z.number(), z.number(), z.number()]),
    z.number().transform((points): [number, number, number] => [points, 0, 0]),
  ]),
)

/** What one more slot would save, the days and breaches by the same people moving up. [MOV-20] */
export interface Price {
  /** Weighted days late. */
  readonly points: number
  readonly days: number
  readonly breaches: number
}

const NOTHING_SAVED: Price = { points: 0, days: 0, breaches: 0 }

export interface PlanSummary {
  readonly at: string
  readonly patients: number
  readonly slots: number
  readonly moved: number
  readonly costStay: number
  readonly costPlan: number
  readonly effect: PlanEffect | null
  readonly tookMs: number
}

/** What one more slot would save, by the newest plan of whichever process leads. */
export interface Prices {
  /** All 0 where a further slot saves nothing; null before the first plan. */
  of(capacityId: number): Price | null
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
  let prices: ReadonlyMap<number, Price> | null = null
  let summary: PlanSummary | null = null

  async function read(): Promise<void> {
    const [row] = await db.scoped(
      { kind: 'system', name: 'prices' },
      (tx) => tx<(PlanSummary & { prices: unknown })[]>`
      select at, patients, slots, moved, cost_stay as "costStay", cost_plan as "costPlan", effect, took_ms as "tookMs", prices
      from plan order by id desc limit 1`,
    )
    if (row === undefined) return
    const { prices: stored, ...rest } = row
    summary = rest
    prices = new Map(
      Object.entries(storedPrices.parse(stored)).map(([id, [points, days, breaches]]) => [
        Number(id),
        { points, days, breaches },
      ]),
    )
  }

  const stop = list.onChange((change) => {
    if (change.rows.some((row) => row.kind === 'plan')) void read().catch(onError)
  })
  await read()
  return {
    of: (capacityId) => (prices === null ? null : (prices.get(capacityId) ?? NOTHING_SAVED)),
    plan: () => summary,
    close: stop,
  }
}
