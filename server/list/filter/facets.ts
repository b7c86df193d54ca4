import type { FacetCounts } from '../../../shared/list.ts'
import type { Attributes, AttributeFilter, PartName } from '../held/attributes.ts'
import { NOBODY, PARTS, PART_NAMES, partMask } from '../held/attributes.ts'
import type { Columns, Narrowing } from './matching.ts'

const OWNERS_TOLD = 200
/** Room for owners yet to be met, so that a tally need not be begun again for each. */
const OWNERS_AHEAD = 256
const MASKS = {
  trust: partMask('trust'),
  tumour: partMask('tumour'),
  step: partMask('step'),
  route: partMask('route'),
  band: partMask('band'),
  action: partMask('action'),
  escalation: partMask('escalation'),
  code: partMask('code'),
  owner: partMask('owner'),
}
const { tumour: TUMOUR, step: STEP, route: ROUTE, band: BAND } = PARTS
const { action: ACTION, escalation: ESCALATION, owner: OWNER } = PARTS
const OWNER_CODES = 2 ** OWNER.bits - 1
/** Places of one tally in the one array: all parts but the owners, who come last and may be many. */
const AT = {
  trust: 0,
  tumour: 512,
  step: 544,
  route: 576,
  band: 584,
  action: 592,
  escalation: 600,
  code: 604,
  /** Nobody's place; the first owner's is the next. */
  owner: 1116,
} as const

/** The counts of one filter: for each part, what choosing a value would show with the other parts as they are. */
export interface Tally {
  readonly counts: Int32Array
  total: number
  /** How many of them are new to who asks. */
  fresh: number
}

export function emptyTally(attributes: Attributes): Tally {
  const owners = attributes.codes('owner')
  return { counts: new Int32Array(AT.owner + 1 + owners + OWNERS_AHEAD), total: 0, fresh: 0 }
}

/** Whether a tally has no place for an owner met since it was made. */
export function isOutgrown({ counts }: Tally, attributes: Attributes): boolean {
  return AT.owner + 1 + attributes.codes('owner') > counts.length
}

/**
 * Adds the rows of the slots from `from` up to `to` to a tally, or takes them out of it. Written out part by part and
 * free of calls: this runs over everybody when a filter is first asked for.
 * @param isNew by slot: 1 where it is new to who asks
 * @param by 1 or -1
 */
export function tallyRows(
  tally: Tally,
  { words, sets }: Columns,
  { mask, value, impossible }: AttributeFilter,
  { seen, withText, fresh: onlyNew }: Narrowing,
  given: {
    readonly from: number
    readonly to: number
    readonly isNew: Uint8Array
    readonly by: 1 | -1
  },
): void {
  const { counts } = tally
  const { from, to, isNew, by } = given
  const [first, second] = words
  const [mask0, mask1] = mask
  const [value0, value1] = value
  const [impossible0, impossible1] = impossible
  let total = 0
  let fresh = 0
  for (let slot = from; slot < to; slot++) {
    const word = first[slot] ?? NOBODY
    if (word === NOBODY) continue
    if (seen !== null && seen[sets[slot] ?? 0] !== 1) continue
    if (withText !== null && withText[slot] !== 1) continue
    if (onlyNew !== null && onlyNew[slot] !== 1) continue
    const more = second[slot] ?? 0
    const differs = ((word ^ value0) & mask0) | impossible0
    const differsMore = ((more ^ value1) & mask1) | impossible1
    if (differs === 0 && differsMore === 0) {
      total += 1
      if (isNew[slot] === 1) fresh += 1
      bump(counts, word & MASKS.trust, by)
      bump(counts, AT.tumour + ((word & MASKS.tumour) >>> TUMOUR.shift), by)
      bump(counts, AT.step + ((word & MASKS.step) >>> STEP.shift), by)
      bump(counts, AT.route + ((word & MASKS.route) >>> ROUTE.shift), by)
      bump(counts, AT.band + ((word & MASKS.band) >>> BAND.shift), by)
      bump(counts, AT.action + ((word & MASKS.action) >>> ACTION.shift), by)
      bump(counts, AT.escalation + ((word & MASKS.escalation) >>> ESCALATION.shift), by)
      bump(counts, AT.code + (more & MASKS.code), by)
      bump(counts, ownerAt(more), by)
    } else if (differsMore === 0) {
      // Only the tally of the one part that differs looks past it.
      if ((differs & ~MASKS.trust) === 0) bump(counts, word & MASKS.trust, by)
      else if ((differs & ~MASKS.tumour) === 0)
        bump(counts, AT.tumour + ((word & MASKS.tumour) >>> TUMOUR.shift), by)
      else if ((differs & ~MASKS.step) === 0)
        bump(counts, AT.step + ((word & MASKS.step) >>> STEP.shift), by)
      else if ((differs & ~MASKS.route) === 0)
        bump(counts, AT.route + ((word & MASKS.route) >>> ROUTE.shift), by)
      else if ((differs & ~MASKS.band) === 0)
        bump(counts, AT.band + ((word & MASKS.band) >>> BAND.shift), by)
      else if ((differs & ~MASKS.action) === 0)
        bump(counts, AT.action + ((word & MASKS.action) >>> ACTION.shift), by)
      else if ((differs & ~MASKS.escalation) === 0)
        bump(counts, AT.escalation + ((word & MASKS.escalation) >>> ESCALATION.shift), by)
    } else if (differs === 0) {
      if ((differsMore & ~MASKS.code) === 0) bump(counts, AT.code + (more & MASKS.code), by)
      else if ((differsMore & ~MASKS.owner) === 0) bump(counts, ownerAt(more), by)
    }
  }
  tally.total += by * total
  tally.fresh += by * fresh
}

/** A tally as it is told. @param knowsOwners false: owners are not told [RNK-16] */
export function countsOf(tally: Tally, attributes: Attributes, knowsOwners: boolean): FacetCounts {
  const { counts, total, fresh } = tally
  const named = (part: PartName) => {
    const found: [string, number][] = []
    const at = part === 'owner' ? AT.owner + 1 : AT[part]
    for (let code = 0; code < attributes.codes(part); code++) {
      const count = counts[at + code] ?? 0
      const name = count === 0 ? null : attributes.nameOf(part, code)
      if (name !== null) found.push([name, count])
    }
    return found
  }
  const owned = knowsOwners ? named('owner').sort(([, a], [, b]) => b - a) : []
  const told = Object.fromEntries(
    PART_NAMES.map((part) => [
      part,
      Object.fromEntries(part === 'owner' ? owned.slice(0, OWNERS_TOLD) : named(part)),
    ]),
  ) as Record<PartName, Record<string, number>>
  return { total, ...told, changed: { new: fresh } }
}

/** The highest code means nobody. */
function ownerAt(more: number): number {
  const code = (more & MASKS.owner) >>> OWNER.shift
  return AT.owner + ((code + 1) & OWNER_CODES)
}

function bump(counts: Int32Array, place: number, by: number): void {
  counts[place] = (counts[place] ?? 0) + by
}
