import type { Database } from '../../db/client.ts'
import type { Board } from '../../server/list/board.ts'
import type { Reading } from '../../server/list/reading.ts'
import type { ListFilter } from '../../shared/list.ts'
import { percentile } from './figures.part.ts'
import { COORDINATOR, LEAD, tell, timed } from './list-tools.part.ts'

/** Filters as people choose them, the first time each is asked: nothing of them is kept yet. */
export async function filters(db: Database, asked: Reading, held: Board): Promise<void> {
  const chosen: ListFilter[] = [
    { trust: 'X03' },
    { tumour: 'lung' },
    { step: 'ct' },
    { band: 'd63to104' },
    { route: 'usc' },
    { trust: 'X05', band: 'over104' },
    { text: 'p-7k' },
    { text: 'chase' },
    { text: 'ward', tumour: 'breast' },
    { owner: 'Desk 17' },
    { code: 'surgery:P2' },
    { action: 'overdue' },
    { action: 'missing', tumour: 'lung' },
    { escalation: 'none' },
    { changed: 'new' },
  ]
  const took: number[] = []
  const worked: number[] = []
  const again: number[] = []
  for (let round = 0; round < 40; round++) {
    for (const filter of chosen) {
      for (const viewer of [LEAD, COORDINATOR]) {
        held.filtering.clear()
        if (round === 0) asked.facets(filter, viewer)
        const busy = process.cpuUsage()
        const from = performance.now()
        const { total } = asked.page(filter, 0, 50, viewer)
        asked.facets(filter, viewer)
        took.push(performance.now() - from)
        const { user, system } = process.cpuUsage(busy)
        worked.push((user + system) / 1000)
        const next = performance.now()
        asked.page(filter, Math.floor(total * 0.7), 50, viewer)
        again.push((performance.now() - next) * 1000)
      }
    }
  }
  const sql = await timed(3, async () => {
    await db.sql`select id, doc from bench_rank where tumour = 'lung' order by key, id limit 50`
    await db.sql`select trust, tumour, step, count(*) from bench_rank
      group by grouping sets ((trust), (tumour), (step))`
  })
  const p99 = percentile(took, 0.99)
  tell('any filter with its facets, first time, p99', p99, 'ms', sql / 1000, sql / 1000 / p99)
  // A clock on the wall counts the neighbours on a shared machine too.
  const work = percentile(worked, 0.99)
  tell('the same in processor time, p99', work, 'ms', sql / 1000, sql / 1000 / work)
  const middle = percentile(took, 0.5)
  tell('the same, median', middle, 'ms', sql / 1000, sql / 1000 / middle)
  const p99Again = percentile(again, 0.99)
  tell('a deep page of a filter in use, p99', p99Again, 'us', sql, sql / p99Again)
}
