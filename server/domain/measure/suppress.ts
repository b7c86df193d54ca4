/** Counts of people below this, other than nobody, are hidden in what leaves the alliance. [MEA-8; domain.md 7] */
const SMALLEST_SHOWN = 5

/** A count, or null when it is above 0 and below 5; halves too. */
export function shown(count: number | null): number | null {
  return isSmall(count ?? 0) ? null : count
}

/** Whether a count of people is hidden: above 0 and below 5; halves too. [MEA-8] */
export function isSmall(count: number): boolean {
  return count > 0 && count < SMALLEST_SHOWN
}

/**
 * A table whose row and column totals people can see, its small cells hidden. What a total less the cells shown
 * leaves is known as well: wherever in a row or a column that is one cell alone, or 1 to 4 people in all (two cells of
 * one person each), the next smallest is hidden too. [MEA-8]
 */
export function suppressTable(table: readonly (readonly number[])[]): (number | null)[][] {
  const hidden = table.map((cells) => cells.map(isSmall))
  const width = table[0]?.length ?? 0
  const rows = table.map((_, row) => range(width).map((column) => ({ row, column })))
  const columns = range(width).map((column) => table.map((_, row) => ({ row, column })))
  const isHidden = (at: Cell) => hidden[at.row]?.[at.column] ?? false
  const valueAt = (at: Cell) => table[at.row]?.[at.column] ?? 0

  let isSettled = false
  while (!isSettled) {
    isSettled = true
    for (const cells of [...rows, ...columns]) {
      const left = cells.filter(isHidden)
      const people = left.reduce((sum, cell) => sum + valueAt(cell), 0)
      if (left.length === 0 || (left.length > 1 && !isSmall(people))) continue
      const next = cells
        // Where nobody else is left the total itself is small, and so not told: a nought helps a lone cell alone.
        .filter((cell) => !isHidden(cell) && (left.length === 1 || valueAt(cell) > 0))
        .sort((a, b) => rankOf(valueAt(a)) - rankOf(valueAt(b)))[0]
      const line = next === undefined ? undefined : hidden[next.row]
      if (next === undefined || line === undefined) continue
      line[next.column] = true
      isSettled = false
    }
  }
  return table.map((cells, row) =>
    cells.map((value, column) => (isHidden({ row, column }) ? null : value)),
  )
}

interface Cell {
  readonly row: number
  readonly column: number
}

/** Nobody comes last: a nought hides little. */
function rankOf(value: number): number {
  return value === 0 ? Number.MAX_SAFE_INTEGER : value
}

function range(length: number): number[] {
  return Array.from({ length }, (_, at) => at)
}
