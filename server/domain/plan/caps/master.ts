/** A plan found at some prices: what it costs without them, in units, and by cap the imports beyond what it allows. */
export interface Cut {
  readonly units: number
  readonly over: readonly number[]
}

/** The prices at which the least of all cuts is highest, and the mixture of cuts that shows it cannot be higher. */
export interface Peak {
  readonly price: readonly number[]
  /** Units. */
  readonly height: number
  /** By cut, adding up to 1. */
  readonly weight: readonly number[]
}

const TOLERANCE = 1e-7
const PATIENCE = 500

/**
 * Kelley's cutting planes (1960), or Dantzig and Wolfe's master (1960) read the other way round: the highest point of
 * the least of the cuts within a box of prices, by a primal simplex on a table of one row a cap and one for the sum of
 * the weights. Small, and in floating point: it only ever says where to look next, and proves nothing.
 */
export function peak(cuts: readonly Cut[], low: readonly number[], high: readonly number[]): Peak {
  const rows = low.length
  const width = cuts.length + 2 * rows
  const first = leastAt(cuts, low)
  const firstUnits = cuts[first]?.units ?? 0
  // columns: the cuts, then by cap "one more than allowed" at the highest price, then "one fewer" at the lowest
  const table = Array.from({ length: rows }, (_, row) => {
    const line = new Float64Array(width + 1)
    const by = cuts[first]?.over[row] ?? 0
    const sign = by > 0 ? -1 : 1
    cuts.forEach(({ over }, at) => (line[at] = sign * ((over[row] ?? 0) - by)))
    line[cuts.length + row] = -sign
    line[cuts.length + rows + row] = sign
    line[width] = -sign * by
    return line
  })
  const sum = new Float64Array(width + 1)
  sum.fill(1, 0, cuts.length)
  sum[width] = 1
  table.push(sum)
  const basic = table.map((_, row) => {
    if (row === rows) return first
    return (cuts[first]?.over[row] ?? 0) > 0 ? cuts.length + row : cuts.length + rows + row
  })
  const cost = new Float64Array(width + 1)
  cuts.forEach(({ units }, at) => (cost[at] = units - firstUnits))
  for (let row = 0; row < rows; row++) {
    cost[cuts.length + row] = high[row] ?? 0
    cost[cuts.length + rows + row] = -(low[row] ?? 0)
  }
  const reduced = cost.slice()
  basic.forEach((column, row) => subtract(reduced, table[row], cost[column] as number))
  for (let pivots = 0; pivots < PATIENCE; pivots++) {
    const enters = entering(reduced, width, pivots > PATIENCE / 2)
    const leaves = enters < 0 ? -1 : leaving(table, enters, width, basic)
    if (leaves < 0) break
    pivot(table, reduced, leaves, enters)
    basic[leaves] = enters
  }
  const weight = cuts.map(() => 0)
  basic.forEach((column, row) => {
    if (column < cuts.length) weight[column] = table[row]?.[width] ?? 0
  })
  // a column "one fewer" has the reduced cost price - lowest
  const price = low.map((least, row) => least + (reduced[cuts.length + rows + row] as number))
  return { price, height: firstUnits - (reduced[width] as number), weight }
}

function leastAt(cuts: readonly Cut[], price: readonly number[]): number {
  let best = 0
  let least = Infinity
  cuts.forEach(({ units, over }, at) => {
    const height = over.reduce((sum, by, row) => sum + by * (price[row] ?? 0), units)
    if (height >= least) return
    least = height
    best = at
  })
  return best
}

function entering(reduced: Float64Array, width: number, isFirst: boolean): number {
  let best = -1
  let least = -TOLERANCE
  for (let column = 0; column < width; column++) {
    const value = reduced[column] as number
    if (value >= least) continue
    best = column
    if (isFirst) break
    least = value
  }
  return best
}

function leaving(
  table: readonly Float64Array[],
  enters: number,
  width: number,
  basic: readonly number[],
): number {
  let best = -1
  let least = Infinity
  table.forEach((line, row) => {
    const by = line[enters] as number
    if (by <= 1e-9) return
    const ratio = (line[width] as number) / by
    const isTie = Math.abs(ratio - least) < 1e-12
    if (isTie ? (basic[row] as number) > (basic[best] as number) : ratio > least) return
    least = ratio
    best = row
  })
  return best
}

function pivot(
  table: readonly Float64Array[],
  reduced: Float64Array,
  leaves: number,
  enters: number,
): void {
  const line = table[leaves]
  if (line === undefined) return
  const by = line[enters] as number
  for (let column = 0; column < line.length; column++) line[column] = (line[column] as number) / by
  table.forEach((other, row) => {
    if (row !== leaves) subtract(other, line, other[enters] as number)
  })
  subtract(reduced, line, reduced[enters] as number)
}

function subtract(from: Float64Array, line: Float64Array | undefined, times: number): void {
  if (line === undefined || times === 0) return
  for (let column = 0; column < from.length; column++) {
    from[column] = (from[column] as number) - times * (line[column] as number)
  }
}
