/**
 * What decides a place, most important first: tier, points, wait, id. [RNK-1, RNK-2]
 * Points are whole hundredths, 0 or more; the wait is whole days, 0 or more.
 */
export interface RankKey {
  readonly tier: number
  readonly pointsHundredths: number
  readonly waitDays: number
  readonly id: number
}

/** 2,684,354.55 points: beyond any sum that a policy can give to a life. */
export const POINTS_LIMIT_HUNDREDTHS = 2 ** 28 - 1
export const WAIT_LIMIT_DAYS = 2 ** 16 - 1
const WAIT_RANGE = 2 ** 16
const POINTS_RANGE = 2 ** 28

/** Total order: lower tier, more points, longer wait, lower id. Never 0 for two different ids. [RNK-2] */
export function compareKeys(a: RankKey, b: RankKey): number {
  return (
    a.tier - b.tier ||
    b.pointsHundredths - a.pointsHundredths ||
    b.waitDays - a.waitDays ||
    a.id - b.id
  )
}

/**
 * Tier, points and wait in one number, smaller first; equal numbers are told apart by id. [RNK-2]
 * @returns an integer below 2 ** 48
 */
export function packKey(tier: number, pointsHundredths: number, waitDays: number): number {
  const points = clamp(pointsHundredths, POINTS_LIMIT_HUNDREDTHS)
  const wait = clamp(waitDays, WAIT_LIMIT_DAYS)
  return (
    (tier * POINTS_RANGE + (POINTS_LIMIT_HUNDREDTHS - points)) * WAIT_RANGE +
    (WAIT_LIMIT_DAYS - wait)
  )
}

/** What `packKey` put in, points and wait up to their limits. */
export function unpackKey(key: number): Omit<RankKey, 'id'> {
  const upper = Math.floor(key / WAIT_RANGE)
  const tier = Math.floor(upper / POINTS_RANGE)
  return {
    tier,
    pointsHundredths: POINTS_LIMIT_HUNDREDTHS - (upper - tier * POINTS_RANGE),
    waitDays: WAIT_LIMIT_DAYS - (key - upper * WAIT_RANGE),
  }
}

function clamp(value: number, limit: number): number {
  return value < 0 ? 0 : value > limit ? limit : value
}
