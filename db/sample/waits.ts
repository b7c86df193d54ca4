/**
 * Days waited at quantile `u` of a banded table, spread evenly inside a band. The open last band falls off
 * exponentially with `tailMeanDays`, cut at `tailMaxDays`.
 * @param ends upper end of every band but the last, days, included
 */
export function waitAt(
  u: number,
  counts: readonly number[],
  ends: readonly number[],
  tailMeanDays: number,
  tailMaxDays: number,
): number {
  let total = 0
  for (const count of counts) total += count
  let at = Math.min(Math.max(u, 0), 0.999_999_9) * total
  let low = 0
  for (let band = 0; band < counts.length; band++) {
    const count = counts[band] ?? 0
    const end = ends[band]
    if (at < count) {
      const inside = at / count
      if (end === undefined) {
        return low + Math.min(Math.floor(-Math.log(1 - inside) * tailMeanDays), tailMaxDays)
      }
      return low + Math.floor(inside * (end - low + 1))
    }
    at -= count
    if (end !== undefined) low = end + 1
  }
  return low
}

/** Share of a banded table that waited no longer than `limitDays`, which must be the end of a band. */
export function shareWithin(
  limitDays: number,
  counts: readonly number[],
  ends: readonly number[],
): number {
  let total = 0
  let within = 0
  for (let band = 0; band < counts.length; band++) {
    const count = counts[band] ?? 0
    total += count
    const end = ends[band]
    if (end !== undefined && end <= limitDays) within += count
  }
  return total === 0 ? 0 : within / total
}
