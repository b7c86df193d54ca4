import type { IsoDate } from '../../shared/date.ts'
import type { ListRow } from '../../shared/list.ts'
import type { ListPatch } from '../../shared/protocol.ts'

/** A list window as it stood. Ranks are kept apart: a row whose rank alone moved is not sent again. */
export interface WindowState {
  readonly asOf: IsoDate
  readonly total: number
  readonly rows: readonly ListRow[]
  readonly ranks: readonly number[]
}
export type ListPatchBody = Omit<ListPatch, 'type' | 'topic' | 'seq' | 'baseSeq'>

export function windowState(asOf: IsoDate, total: number, rows: readonly ListRow[]): WindowState {
  return { asOf, total, rows, ranks: rows.map((row) => row.rank) }
}

/**
 * What turns one window into a later one, by the rule `applyListPatch` undoes; null when nothing changed. [LIVE-5]
 */
export function listDiff(before: WindowState, after: WindowState): ListPatchBody | null {
  // Most rows stand where they stood: only others are looked up.
  let held: ReadonlyMap<number, ListRow> | undefined
  const rows = after.rows.filter((row, position) => {
    const here = before.rows[position]
    if (here === row) return false
    held ??= new Map(before.rows.map((one) => [one.id, one]))
    const old = held.get(row.id)
    return old === undefined || !isSameButRank(old, row)
  })
  const isSameOrder =
    before.rows.length === after.rows.length &&
    after.rows.every((row, position) => row.id === before.rows[position]?.id)
  const isSameRanks =
    before.ranks.length >= after.ranks.length &&
    after.ranks.every((rank, position) => rank === before.ranks[position])
  const body: ListPatchBody = {
    ...(after.asOf === before.asOf ? {} : { asOf: after.asOf }),
    ...(after.total === before.total ? {} : { total: after.total }),
    ...(rows.length === 0 ? {} : { rows }),
    ...(isSameOrder ? {} : { order: after.rows.map((row) => row.id) }),
    ...(isSameRanks ? {} : { ranks: [...after.ranks] }),
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
