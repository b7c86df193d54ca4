import type { PlanCapacity, ShownSuggestion } from '../../domain/plan/model.ts'
import type { Bucket } from '../capacity/capacity.ts'
import type { Shown } from '../suggestions/changes.ts'

/** Slots as stored in the planner's words. */
export function offered(bucket: Bucket): PlanCapacity {
  const { id, site, trust, step, day, openToAlliance, tumours, noticeDays, limits } = bucket
  const free = bucket.slots - bucket.promised
  return { id, site, trust, step, day, free, openToAlliance, tumours, noticeDays, limits }
}

/** A live suggestion in the planner's words. [MOV-31] */
export function asShown({ id, patientId, capacityId, slotHeld, state }: Shown): ShownSuggestion {
  return {
    id,
    patientId,
    capacityId,
    slotHeld,
    answered: state !== 'suggested' && state !== 'referrerReview',
    underWay: state === 'mdsSent' || state === 'received',
  }
}
