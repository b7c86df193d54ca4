/**
 * One figure a JSON line. `peer` is in the same unit, and null where there is none: then the metric says why. A ratio
 * above 1 means ahead of the peer, whichever way the unit points.
 */
export type Print = (
  metric: string,
  value: number,
  unit: string,
  peer: number | null,
  ratio: number | null,
) => void

const DIGITS = 4

/** Figures under a bench's name. */
export function printer(bench: string): Print {
  return (metric, value, unit, peer, ratio) => {
    const figures = { value: rounded(value), unit, peer: rounded(peer), ratio: rounded(ratio) }
    console.log(JSON.stringify({ bench, metric, ...figures }))
  }
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(DIGITS))
}

/** @returns NaN of no values */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** @returns NaN of no values */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}
