/*
 * Queue arithmetic of RWL (NHSRwaitinglist; Fong et al. 2022), domain.md section 8. Rates are people a week,
 * waits are weeks. [MEA-6]
 */

/** A queue whose waits are to be met nearly always is kept at a quarter of the target wait. */
export const QUEUE_FACTOR = 4
/** Weeks in which a backlog is to be worked off. */
export const WEEKS_TO_TARGET = 26

/** Above 1 the queue grows without end. */
export function load(demand: number, capacity: number): number {
  return demand / capacity
}

/** Length of queue at which nearly everybody is seen within the target wait. */
export function targetQueue(
  demand: number,
  targetWaitWeeks: number,
  factor = QUEUE_FACTOR,
): number {
  return (demand * targetWaitWeeks) / factor
}

/** People a week that bring a queue to its target in time. */
export function reliefCapacity(
  demand: number,
  queue: number,
  wantedQueue: number,
  weeksToTarget = WEEKS_TO_TARGET,
): number {
  return demand + (queue - wantedQueue) / weeksToTarget
}

/**
 * People a week that keep the waits at their target once the backlog is gone.
 * @param variations coefficients of variation of demand and of capacity
 */
export function targetCapacity(
  demand: number,
  targetWaitWeeks: number,
  factor: number,
  variations: { readonly demand: number; readonly capacity: number },
): number {
  const spread = (variations.demand ** 2 + variations.capacity ** 2) / 2
  return demand + (spread * factor) / targetWaitWeeks
}

/** How far waits are from where they should be, both in one unit: above 1 is too long. */
export function pressure(meanWait: number, targetWait: number): number {
  return (2 * meanWait) / targetWait
}
