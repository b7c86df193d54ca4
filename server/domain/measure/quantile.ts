/**
 * Value below which the share `q` of the values lies, by linear interpolation between neighbours.
 * @returns null of nothing
 */
export function quantile(values: readonly number[], q: number): number | null {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)]
  const high = sorted[Math.ceil(at)]
  if (low === undefined || high === undefined) return null
  return round1(low + (high - low) * (at - Math.floor(at)))
}

/** To one decimal. */
export function round1(value: number): number {
  return Math.round(value * 10) / 10
}

/** 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Sample variance; 0 of fewer than two. */
export function variance(values: readonly number[]): number {
  if (values.length < 2) return 0
  const middle = mean(values)
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1)
}
