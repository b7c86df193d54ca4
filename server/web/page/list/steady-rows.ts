import { useEffect, useRef, useState } from 'preact/hooks'
import type { ListRow } from '../../../../shared/list.ts'

/** How long a changed row stays marked. */
const MARKED_MS = 12_000
/** A reader is not told of every change of a busy list, only that there were some, and how many rows. */
const TELL_AGAIN_MS = 15_000

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
 * Rows that do not jump: while somebody points at them or steps through them the order stands still and only what is written in them
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
  const untold = useRef<{ ids: Set<number>; timer: ReturnType<typeof setTimeout> | null }>({
    ids: new Set(),
    timer: null,
  })
  useEffect(() => () => clearTimeout(untold.current.timer ?? undefined), [])

  /** At once where nothing was told for a while; else together with what comes until it may be told again. */
  function tell(): void {
    const { ids, timer } = untold.current
    if (timer !== null) return
    setAnnounced(
      ids.size === 0 ? '' : `${ids.size} ${ids.size === 1 ? 'row' : 'rows'} changed just now.`,
    )
    if (ids.size === 0) return
    ids.clear()
    untold.current.timer = setTimeout(() => {
      untold.current.timer = null
      tell()
    }, TELL_AGAIN_MS)
  }

  useEffect(() => {
    const before = seen.current
    const isFirstLook = before?.windowKey !== windowKey || before.seqs.size === 0
    seen.current = { windowKey, seqs: new Map(rows.map((row) => [row.id, row.seq])) }
    if (isFirstLook) {
      setChanged(new Set())
      untold.current.ids.clear()
      setAnnounced('')
      return
    }
    const news = rows.filter((row) => before.seqs.get(row.id) !== row.seq).map((row) => row.id)
    if (news.length === 0) return
    setChanged((marked) => new Set([...marked, ...news]))
    for (const id of news) untold.current.ids.add(id)
    tell()
    setTimeout(() => {
      setChanged((marked) => new Set([...marked].filter((id) => !news.includes(id))))
    }, MARKED_MS)
  }, [rows, windowKey])

  if (!isHeld || shown.current.windowKey !== windowKey) shown.current = { windowKey, rows }
  const byId = new Map(rows.map((row) => [row.id, row]))
  const steady = shown.current.rows.map((row) => byId.get(row.id) ?? row)
  const waiting = steady.filter((row, position) => rows[position]?.id !== row.id).length
  return { rows: steady, changed, waiting, announced }
}
