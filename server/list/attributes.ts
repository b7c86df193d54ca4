import type { ListFilter } from '../../shared/list.ts'
import type { Band, Route, Step, Tumour } from '../../shared/vocabulary.ts'
import { BANDS, ROUTES, STEPS, TUMOURS } from '../../shared/vocabulary.ts'

/*
 * What a row is filtered by, packed in one 32-bit number: trust 9 bits, tumour 5, step 5, route 3, band 3.
 * A filter is then one mask and one compare, and all facets are counted in one pass.
 */

const TUMOUR_NAMES = Object.keys(TUMOURS)
const STEP_NAMES = Object.keys(STEPS)
const ROUTE_NAMES = Object.keys(ROUTES)
const BAND_NAMES = Object.keys(BANDS)
const TRUSTS_LIMIT = 511
/** What stands in a slot that nobody has: no trust has the code 511. */
export const NOBODY = 2 ** 32 - 1

/** A facet: where its bits are and what its codes are called. */
interface Part {
  readonly shift: number
  readonly bits: number
}
export const PARTS = {
  trust: { shift: 0, bits: 9 },
  tumour: { shift: 9, bits: 5 },
  step: { shift: 14, bits: 5 },
  route: { shift: 19, bits: 3 },
  band: { shift: 22, bits: 3 },
} as const satisfies Readonly<Record<string, Part>>
export type PartName = keyof typeof PARTS
const BAND_MASK = partMask('band')

/** A filter without its text: rows match when `(attributes & mask) === value`. */
export interface AttributeFilter {
  readonly mask: number
  readonly value: number
  /** The filter names a trust nobody has reported from. */
  readonly never: boolean
}

export interface Attributes {
  pack(
    of: {
      readonly trust: string
      readonly tumour: Tumour
      readonly step: Step | null
      readonly route: Route
    },
    band: Band | null,
  ): number
  filter(of: ListFilter): AttributeFilter
  /** Name of a code of a part; null for the code that means none. */
  nameOf(part: PartName, code: number): string | null
}

/** The packing, with the trusts met so far numbered. @throws past 511 trusts */
export function attributes(): Attributes {
  const trusts: string[] = []
  const trustCodes = new Map<string, number>()

  function trustCode(trust: string): number {
    const known = trustCodes.get(trust)
    if (known !== undefined) return known
    if (trusts.length === TRUSTS_LIMIT) throw new Error(`more than ${TRUSTS_LIMIT} trusts`)
    trustCodes.set(trust, trusts.length)
    trusts.push(trust)
    return trusts.length - 1
  }

  return {
    pack: (of, band) =>
      inPart('trust', trustCode(of.trust)) |
      inPart('tumour', TUMOUR_NAMES.indexOf(of.tumour)) |
      inPart('step', of.step === null ? none('step') : STEP_NAMES.indexOf(of.step)) |
      inPart('route', ROUTE_NAMES.indexOf(of.route)) |
      inPart('band', bandCode(band)),
    filter(of) {
      let mask = 0
      let value = 0
      const want = (part: PartName, code: number) => {
        mask |= partMask(part)
        value |= inPart(part, code)
      }
      const trust = of.trust === undefined ? 0 : trustCodes.get(of.trust)
      if (of.trust !== undefined && trust !== undefined) want('trust', trust)
      if (of.tumour !== undefined) want('tumour', TUMOUR_NAMES.indexOf(of.tumour))
      if (of.step !== undefined) want('step', STEP_NAMES.indexOf(of.step))
      if (of.route !== undefined) want('route', ROUTE_NAMES.indexOf(of.route))
      if (of.band !== undefined) want('band', bandCode(of.band))
      return { mask, value, never: trust === undefined }
    },
    nameOf(part, code) {
      const names = part === 'trust' ? trusts : NAMES[part]
      return names[code] ?? null
    },
  }
}

const NAMES = { tumour: TUMOUR_NAMES, step: STEP_NAMES, route: ROUTE_NAMES, band: BAND_NAMES }

/** The same attributes with another band. */
export function withBand(packed: number, band: Band | null): number {
  return (packed & ~BAND_MASK) | inPart('band', bandCode(band))
}

export function partMask(part: PartName): number {
  const { shift, bits } = PARTS[part]
  return ((1 << bits) - 1) << shift
}

function bandCode(band: Band | null): number {
  return band === null ? none('band') : BAND_NAMES.indexOf(band)
}

function inPart(part: PartName, code: number): number {
  return code << PARTS[part].shift
}

function none(part: PartName): number {
  return (1 << PARTS[part].bits) - 1
}
