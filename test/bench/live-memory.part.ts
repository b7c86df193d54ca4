import type { ChangeRow, ListChange, LiveList } from '../../server/list/live-entry.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { ListRow } from '../../shared/list.ts'
import { madeUpRow } from '../live/rows.ts'
import { turn } from './live-servers.part.ts'

/**
 * Two hundred rows, of which every window holds the one that changes; a change may come with other rows of the log,
 * as a delivery's does.
 */
export function listInMemory() {
  let seq = 1
  const rows = Array.from({ length: 200 }, (_, at) => rowOf(at + 1, seq))
  const listeners = new Set<(change: ListChange) => void>()
  const list: Pick<LiveList, 'seq' | 'asOf' | 'page' | 'onChange'> = {
    get seq() {
      return seq
    },
    asOf: () => '2026-11-22' as IsoDate,
    page: (_filter, from, count) => ({ total: rows.length, rows: rows.slice(from, from + count) }),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  function change(along: readonly ChangeRow[] = []): void {
    seq += 1
    rows[30] = rowOf(31, seq)
    const told: ListChange = { seq, rows: along, entryIds: new Set([31]), reRanked: false }
    for (const listener of listeners) listener(told)
  }
  return {
    list: list as LiveList,
    change,
    /** As many changes as the loop takes while it tells them; those told, a second. */
    async flood(forMs: number): Promise<number> {
      const fromMs = performance.now()
      let changes = 0
      while (performance.now() - fromMs < forMs) {
        for (let n = 0; n < 10; n++) change()
        changes += 10
        await turn()
      }
      return changes / ((performance.now() - fromMs) / 1_000)
    },
  }
}

function rowOf(id: number, seq: number): ListRow {
  const clock = {
    waitDays: 30,
    targetOn: '2026-12-22' as IsoDate,
    daysToTarget: 32,
    state: 'running',
    breached: false,
  } as const
  return madeUpRow(id, seq, {
    clocks: { fds28: clock, dtt31: null, rtt62: clock },
    nextBreach: { standard: 'rtt62', on: '2026-12-23' as IsoDate, daysLeft: 32 },
    priority: { scale: 'diagnostics', code: 'D2' },
    nextAction: { text: 'Chase the report', owner: 'Coordinator', dueOn: null },
    points: 12.5,
    because: '2 days past the 28-day target',
  })
}
