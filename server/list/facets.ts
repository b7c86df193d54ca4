import type { ListFilter } from '../../shared/list.ts'
import type { PartName } from './attributes.ts'
import { PARTS, PART_NAMES, partMask } from './attributes.ts'
import type { Board } from './board.ts'
import type { Facets } from './live-entry.ts'
import type { ListScope } from './scope.ts'

/** Each part's mask and shift beside its own tally, so that the loop below touches nothing else. */
const MASKS = PART_NAMES.map(partMask)
const SHIFTS = PART_NAMES.map((part) => PARTS[part].shift)
const SIZES = PART_NAMES.map((part) => 2 ** PARTS[part].bits)

/**
 * Counts for the page's filter: for each part, what choosing a value would show with the other parts as they are.
 * One pass over the rows that may be seen. @param visit gives every row of the scope that matches the text
 */
export function facets(
  board: Board,
  filter: ListFilter,
  visit: (count: (slot: number) => void) => void,
): Facets {
  const { mask, value, never } = board.attributes.filter(filter)
  const tallies = SIZES.map((size) => new Uint32Array(size))
  const trustNever = never ? PART_NAMES.indexOf('trust') : -1
  let total = 0
  visit((slot) => {
    const attributes = board.attributesOf(slot)
    const differs = (attributes ^ value) & mask
    if (differs === 0 && !never) total += 1
    for (let part = 0; part < tallies.length; part++) {
      // A trust nobody reports from matches no row; only the trust's own tally looks past it.
      if (trustNever >= 0 && part !== trustNever) continue
      const partOf = MASKS[part] ?? 0
      if ((differs & ~partOf) !== 0) continue
      const tally = tallies[part]
      const code = (attributes & partOf) >>> (SHIFTS[part] ?? 0)
      if (tally !== undefined) tally[code] = (tally[code] ?? 0) + 1
    }
  })
  const named = (part: PartName) => {
    const counts: Record<string, number> = {}
    tallies[PART_NAMES.indexOf(part)]?.forEach((count, code) => {
      const name = count === 0 ? null : board.attributes.nameOf(part, code)
      if (name !== null) counts[name] = count
    })
    return counts
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

/** Every row one may see, whatever its place. */
export function visitScope(
  board: Board,
  scope: ListScope,
): (count: (slot: number) => void) => void {
  return (count) => {
    board.each((slot) => {
      if (board.organisations.includes(board.organisationSetOf(slot), scope)) count(slot)
    })
  }
}
