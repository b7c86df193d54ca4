import type { IsoDate } from '../../../shared/date.ts'

/** What a deadline comes from. The planner and the list speak of the same kinds. */
export const DEADLINE_KINDS = [
  'fds28',
  'dtt31',
  'rtt62',
  'day104',
  'handover38',
  'priority',
  'milestone',
] as const
export type DeadlineKind = (typeof DEADLINE_KINDS)[number]

/**
 * A date by which something is owed to a person, and what each day costs. [RNK-3]
 *
 * With `d` = days past `dueOn` on a day: d > 0 gives `closerWithinDays x weightCloser + d x weightLate` points,
 * -closerWithinDays < d <= 0 gives `(closerWithinDays + d) x weightCloser`, earlier gives none. So the points
 * never fall as the days go by.
 */
export interface Deadline {
  readonly kind: DeadlineKind
  readonly label: string
  readonly dueOn: IsoDate
  /** Points for each day late. */
  readonly weightLate: number
  /** Points for each day closer, from `closerWithinDays` before the date. */
  readonly weightCloser: number
  readonly closerWithinDays: number
}
