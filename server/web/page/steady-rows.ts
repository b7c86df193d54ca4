import { useEffect, useRef, useState } from 'preact/hooks'
import type { ListRow } from '../../../shared/list.ts'

/** How long a changed row stays marked. */
const MARKED_MS = 12_000

export interface SteadyRows {
  readonly rows: readonly ListRow[]
  /** Entries that changed or came in while somebody looked. */
  readonly changed: ReadonlySet<number>
  /** Rows that would stand elsewhere, or leave, if the order were not held. */
  readonly waiting: number
  /** For a reader who cannot see the marks. */
  readonly announced: string
}

interface Held {
  readonly windowKey: string
  readonly rows: readonly ListRow[]
}

/**
 * Rows that do not jump: while the pointer is over them the order stands still and only what is written in them
 * changes; once it leaves, the list is as it is. What changed stays marked for a while.
 */
export function useSteadyRows(
  rows: readonly ListRow[],
  windowKey: string,
  isHeld: boolean,
): SteadyRows {
  const shown = useRef<Held>({ windowKey, rows })
  const seen = useRef<{ windowKey: string; seqs: ReadonlyMap<number, number> } | null>(null)
  const [changed, setChanged] = useState<ReadonlySet<number>>(new Set())
  const [announced, setAnnounced] = useState('')

  useEffect(() => {
    const before = seen.current
    const isFirstLook = before?.windowKey !== windowKey || before.seqs.size === 0
    seen.current = { windowKey, seqs: new Map(rows.map((row) => [row.id, row.seq])) }
    if (isFirstLook) {
      setChanged(new Set())
      setAnnounced('')
      return
    }
    const news = rows.filter((row) => before.seqs.get(row.id) !== row.seq).map((row) => row.id)
    if (news.length === 0) return
    setChanged((marked) => new Set([...marked, ...news]))
    setAnnounced(
      news.length === 1 ? '1 row changed just now.' : `${news.length} rows changed just now.`,
    )
    setTimeout(() => {
      setChanged((marked) => new Set([...marked].filter((id) => !news.includes(id))))
    }, MARKED_MS)
  }, [rows, windowKey])

  if (!isHeld || shown.current.windowKey !== windowKey) shown.current = { windowKey, rows }
  const byId = new Map(rows.map((row) => [row.id, row]))
  const steady = shown.current.rows.map((row) => byId.get(row.id) ?? row)
  const waiting = steady.filter((row, position) => rows[position]?.id !== row.id).length
  return { rows: steady, changed, waiting, announced: changed.size === 0 ? '' : announced }
}
