import type { IsoDate } from '../../shared/date.ts'
import type { ListRow } from '../../shared/list.ts'
import type { ListPatch } from '../../shared/protocol.ts'

/** A list window as it stood. */
export interface WindowState {
  readonly asOf: IsoDate
  readonly total: number
  readonly rows: readonly ListRow[]
}
export type ListPatchBody = Omit<ListPatch, 'type' | 'topic' | 'seq' | 'baseSeq'>

/**
 * What turns one window into a later one, by the rule `applyListPatch` undoes; null when nothing changed. A row whose
 * rank alone moved is not sent again: ranks go apart. [LIVE-5]
 */
export function listDiff(before: WindowState, after: WindowState): ListPatchBody | null {
  const rows: ListRow[] = []
  let isSameOrder = before.rows.length === after.rows.length
  let isSameRanks = before.rows.length >= after.rows.length
  // Most rows stand where they stood: only others are looked up.
  let held: ReadonlyMap<number, ListRow> | undefined
  const among = (id: number) => {
    held ??= new Map(before.rows.map((one) => [one.id, one]))
    return held.get(id)
  }
  let position = -1
  for (const row of after.rows) {
    position += 1
    const here = before.rows[position]
    if (here === row) continue
    const old = here?.id === row.id ? here : among(row.id)
    if (old === undefined || !isSameButRank(old, row)) rows.push(row)
    if (here?.id !== row.id) isSameOrder = false
    if (here?.rank !== row.rank) isSameRanks = false
  }
  const body: ListPatchBody = {
    ...(after.asOf === before.asOf ? {} : { asOf: after.asOf }),
    ...(after.total === before.total ? {} : { total: after.total }),
    ...(rows.length === 0 ? {} : { rows }),
    ...(isSameOrder ? {} : { order: after.rows.map((row) => row.id) }),
    ...(isSameRanks ? {} : { ranks: after.rows.map((row) => row.rank) }),
  }
  return Object.keys(body).length === 0 ? null : body
}

function isSameButRank(before: ListRow, after: ListRow): boolean {
  if (before === after) return true
  if (before.id !== after.id || before.seq !== after.seq) return false
  return isSameValue({ ...before, rank: 0 }, { ...after, rank: 0 })
}

/** Equality of plain JSON values. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = Object.entries(a)
  const right = new Map(Object.entries(b))
  return (
    left.length === right.size &&
    left.every(([name, value]) => right.has(name) && isSameValue(value, right.get(name)))
  )
}
