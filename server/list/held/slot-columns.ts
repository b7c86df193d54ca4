import type { ActionState } from '../../../shared/vocabulary.ts'

const FIRST_CAPACITY = 4096
/** There is no next action; or there is one and it is due on no date. */
const NO_ACTION = -(2 ** 31)
const NO_DATE = 2 ** 31 - 1

/** What orders and filters the entries, one slot each, in flat arrays that grow together. */
export interface SlotColumns {
  readonly capacity: number
  readonly ids: Float64Array
  /** Packed rank keys. */
  readonly keys: Float64Array
  /** Packed attributes, in two words. */
  readonly words: readonly [Uint32Array, Uint32Array]
  /** Number of the set of organisations on the pathway. */
  readonly sets: Uint32Array
  /** Number of the last change, in the change log. */
  readonly seqs: Float64Array
  /** Day number the next action is due, or that there is none: read it with `actionAs`. */
  readonly dueDay: Int32Array
}

/** @param capacity absent: of a list still empty */
export function slotColumns(capacity = FIRST_CAPACITY): SlotColumns {
  return {
    capacity,
    ids: new Float64Array(capacity),
    keys: new Float64Array(capacity),
    words: [new Uint32Array(capacity), new Uint32Array(capacity)],
    sets: new Uint32Array(capacity),
    seqs: new Float64Array(capacity),
    dueDay: new Int32Array(capacity),
  }
}

/** The same columns with twice the room. */
export function widened(from: SlotColumns): SlotColumns {
  const to = slotColumns(from.capacity * 2)
  to.ids.set(from.ids)
  to.keys.set(from.keys)
  to.words[0].set(from.words[0])
  to.words[1].set(from.words[1])
  to.sets.set(from.sets)
  to.seqs.set(from.seqs)
  to.dueDay.set(from.dueDay)
  return to
}

/** What `dueDay` holds. @param due undefined: no next action; null: one without a date; else its day number */
export function dueDayOf(due: number | null | undefined): number {
  return due === undefined ? NO_ACTION : (due ?? NO_DATE)
}

/**
 * How a next action stands on a day, in whatever stands for each state.
 * @param dueDay as `dueDayOf` gives it
 */
export function actionAs<Told>(
  as: Readonly<Record<ActionState, Told>>,
  dueDay: number,
  today: number,
): Told {
  if (dueDay === NO_ACTION) return as.missing
  if (dueDay === NO_DATE) return as.undated
  return dueDay < today ? as.overdue : dueDay === today ? as.today : as.planned
}
