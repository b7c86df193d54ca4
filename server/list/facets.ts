import type { FacetCounts, ListFilter } from '../../shared/list.ts'
import type { Attributes, AttributeFilter, PartName } from './attributes.ts'
import { NOBODY, PARTS, PART_NAMES, partMask } from './attributes.ts'
import type { Columns, Narrowing } from './matching.ts'

const OWNERS_TOLD = 200
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
  owner: 1116,
} as const

/** Counts the facets of filters, time after time into the same arrays. */
export interface Facets {
  /**
   * Counts for the page's filter: for each part, what choosing a value would show with the other parts as they are.
   * One pass. @param isNew by slot: 1 where it is new to who asks; null for who is not told
   * @param knowsOwners false: owners are not told [RNK-16]
   */
  count(
    columns: Columns,
    filter: ListFilter,
    narrowing: Narrowing,
    told: { readonly isNew: Uint8Array | null; readonly knowsOwners: boolean },
  ): FacetCounts
}

export function facets(attributes: Attributes): Facets {
  let counts = new Uint32Array(AT.owner + 1024)

  return {
    count(columns, filter, narrowing, { isNew, knowsOwners }) {
      // A part's counts stand code by code; the owners met so far, and one for nobody, must fit.
      const owners = attributes.codes('owner')
      if (counts.length < AT.owner + owners + 1)
        counts = new Uint32Array(AT.owner + 2 * (owners + 1))
      counts.fill(0)
      const words = attributes.filter(filter, knowsOwners)
      const { total, fresh } = tally(columns, words, narrowing, isNew, counts, owners)
      const named = (part: PartName) => {
        const found: [string, number][] = []
        for (let code = 0; code < attributes.codes(part); code++) {
          const count = counts[AT[part] + code] ?? 0
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
      return { total, ...told, changed: isNew === null ? {} : { new: fresh } }
    },
  }
}

/** Written out part by part and free of calls: this runs over everybody at every keystroke. */
function tally(
  { words, sets, count }: Columns,
  { mask, value, impossible }: AttributeFilter,
  { seen, withText, fresh: onlyNew }: Narrowing,
  isNew: Uint8Array | null,
  counts: Uint32Array,
  owners: number,
): { total: number; fresh: number } {
  const [first, second] = words
  const [mask0, mask1] = mask
  const [value0, value1] = value
  const [impossible0, impossible1] = impossible
  let total = 0
  let fresh = 0
  for (let slot = 0; slot < count; slot++) {
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
      if (isNew !== null && isNew[slot] === 1) fresh += 1
      bump(counts, word & MASKS.trust)
      bump(counts, AT.tumour + ((word & MASKS.tumour) >>> TUMOUR.shift))
      bump(counts, AT.step + ((word & MASKS.step) >>> STEP.shift))
      bump(counts, AT.route + ((word & MASKS.route) >>> ROUTE.shift))
      bump(counts, AT.band + ((word & MASKS.band) >>> BAND.shift))
      bump(counts, AT.action + ((word & MASKS.action) >>> ACTION.shift))
      bump(counts, AT.escalation + ((word & MASKS.escalation) >>> ESCALATION.shift))
      bump(counts, AT.code + (more & MASKS.code))
      bump(counts, AT.owner + ownerOf(more, owners))
    } else if (differsMore === 0) {
      // Only the tally of the one part that differs looks past it.
      if ((differs & ~MASKS.trust) === 0) bump(counts, word & MASKS.trust)
      else if ((differs & ~MASKS.tumour) === 0)
        bump(counts, AT.tumour + ((word & MASKS.tumour) >>> TUMOUR.shift))
      else if ((differs & ~MASKS.step) === 0)
        bump(counts, AT.step + ((word & MASKS.step) >>> STEP.shift))
      else if ((differs & ~MASKS.route) === 0)
        bump(counts, AT.route + ((word & MASKS.route) >>> ROUTE.shift))
      else if ((differs & ~MASKS.band) === 0)
        bump(counts, AT.band + ((word & MASKS.band) >>> BAND.shift))
      else if ((differs & ~MASKS.action) === 0)
        bump(counts, AT.action + ((word & MASKS.action) >>> ACTION.shift))
      else if ((differs & ~MASKS.escalation) === 0)
        bump(counts, AT.escalation + ((word & MASKS.escalation) >>> ESCALATION.shift))
    } else if (differs === 0) {
      if ((differsMore & ~MASKS.code) === 0) bump(counts, AT.code + (more & MASKS.code))
      else if ((differsMore & ~MASKS.owner) === 0) bump(counts, AT.owner + ownerOf(more, owners))
    }
  }
  return { total, fresh }
}

/** Nobody's code is the highest there can be: here it stands right after the owners met. */
function ownerOf(more: number, owners: number): number {
  const code = (more & MASKS.owner) >>> OWNER.shift
  return code < owners ? code : owners
}

function bump(counts: Uint32Array, place: number): void {
  counts[place] = (counts[place] ?? 0) + 1
}
