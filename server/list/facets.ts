import type { ListFilter } from '../../shared/list.ts'
import type { PartName } from './attributes.ts'
import { NOBODY, PARTS, partMask } from './attributes.ts'
import type { Board } from './board.ts'
import type { Facets } from './live-entry.ts'
import type { Ranked } from './ranked.ts'
import type { ListScope } from './scope.ts'

const { tumour: TUMOUR, step: STEP, route: ROUTE, band: BAND } = PARTS
const TRUST_MASK = partMask('trust')
const TUMOUR_MASK = partMask('tumour')
const STEP_MASK = partMask('step')
const ROUTE_MASK = partMask('route')
const BAND_MASK = partMask('band')
/** Where the tally of each part begins in the one array of counts. */
const AT = { trust: 0, tumour: 512, step: 544, route: 576, band: 584 } as const
const COUNTS = 592

/** Packed attributes of some rows, the first `count` of an array. */
export interface Packed {
  readonly attributes: Uint32Array
  readonly count: number
}

/**
 * Counts for the page's filter: for each part, what choosing a value would show with the other parts as they are.
 * One pass. @param rows those that may be seen and match the text, whatever else they match
 */
export function facets(board: Board, filter: ListFilter, rows: Packed): Facets {
  const { mask, value, never } = board.attributes.filter(filter)
  const { counts, total } = tallies(rows, mask, value, never)
  const named = (part: PartName) => {
    const found: Record<string, number> = {}
    for (let code = 0; code < 2 ** PARTS[part].bits; code++) {
      const count = counts[AT[part] + code] ?? 0
      const name = count === 0 ? null : board.attributes.nameOf(part, code)
      if (name !== null) found[name] = count
    }
    return found
  }
  return {
    total,
    trust: named('trust'),
    tumour: named('tumour'),
    step: named('step'),
    band: named('band'),
    route: named('route'),
  }
}

/** Every row one may see. */
export function packedScope(board: Board, scope: ListScope): Packed {
  const { attributes, sets, count } = board.columns()
  const seen = board.organisations.flags(scope)
  const found = new Uint32Array(count)
  let rows = 0
  for (let slot = 0; slot < count; slot++) {
    const packed = attributes[slot] ?? NOBODY
    if (packed === NOBODY || (seen !== null && seen[sets[slot] ?? 0] !== 1)) continue
    found[rows] = packed
    rows += 1
  }
  return { attributes: found, count: rows }
}

/** The rows of a view. */
export function packedView(board: Board, view: Ranked): Packed {
  const found = new Uint32Array(view.size())
  let rows = 0
  view.each((slot) => {
    found[rows] = board.attributesOf(slot)
    rows += 1
  })
  return { attributes: found, count: rows }
}

/** Written out part by part and free of calls: this runs over everybody at every keystroke. */
function tallies(
  rows: Packed,
  mask: number,
  value: number,
  never: boolean,
): { counts: Uint32Array; total: number } {
  const { attributes, count } = rows
  const counts = new Uint32Array(COUNTS)
  // Where a trust is named that nobody reports from, only the trusts' own tally looks past it.
  const impossible = never ? TRUST_MASK : 0
  let total = 0
  for (let at = 0; at < count; at++) {
    const packed = attributes[at] ?? 0
    const differs = ((packed ^ value) & mask) | impossible
    if (differs === 0) {
      total += 1
      bump(counts, packed & TRUST_MASK)
      bump(counts, AT.tumour + ((packed & TUMOUR_MASK) >>> TUMOUR.shift))
      bump(counts, AT.step + ((packed & STEP_MASK) >>> STEP.shift))
      bump(counts, AT.route + ((packed & ROUTE_MASK) >>> ROUTE.shift))
      bump(counts, AT.band + ((packed & BAND_MASK) >>> BAND.shift))
    } else if ((differs & ~TRUST_MASK) === 0) bump(counts, packed & TRUST_MASK)
    else if ((differs & ~TUMOUR_MASK) === 0)
      bump(counts, AT.tumour + ((packed & TUMOUR_MASK) >>> TUMOUR.shift))
    else if ((differs & ~STEP_MASK) === 0)
      bump(counts, AT.step + ((packed & STEP_MASK) >>> STEP.shift))
    else if ((differs & ~ROUTE_MASK) === 0)
      bump(counts, AT.route + ((packed & ROUTE_MASK) >>> ROUTE.shift))
    else if ((differs & ~BAND_MASK) === 0)
      bump(counts, AT.band + ((packed & BAND_MASK) >>> BAND.shift))
  }
  return { counts, total }
}

function bump(counts: Uint32Array, place: number): void {
  counts[place] = (counts[place] ?? 0) + 1
}
