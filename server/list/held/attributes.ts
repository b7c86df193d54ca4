import type { ListFilter } from '../../../shared/list.ts'
import type {
  ActionState,
  Band,
  Escalation,
  Route,
  Step,
  Tumour,
} from '../../../shared/vocabulary.ts'
import {
  ACTION_STATES,
  BANDS,
  ESCALATIONS,
  ROUTES,
  STEPS,
  TUMOURS,
} from '../../../shared/vocabulary.ts'
import type { Dictionary } from './dictionary.ts'
import { dictionary } from './dictionary.ts'

/*
 * What a row is filtered by, packed in two 32-bit words. A filter is then two masks and two compares, and all facets
 * are counted in one pass over two flat arrays.
 */

/** A facet: which word it is in and where its bits are. The highest code of a part means none. */
interface Part {
  readonly word: 0 | 1
  readonly shift: number
  readonly bits: number
}
export const PARTS = {
  trust: { word: 0, shift: 0, bits: 9 },
  tumour: { word: 0, shift: 9, bits: 5 },
  step: { word: 0, shift: 14, bits: 5 },
  route: { word: 0, shift: 19, bits: 3 },
  band: { word: 0, shift: 22, bits: 3 },
  action: { word: 0, shift: 25, bits: 3 },
  escalation: { word: 0, shift: 28, bits: 2 },
  code: { word: 1, shift: 0, bits: 9 },
  owner: { word: 1, shift: 9, bits: 20 },
} as const satisfies Readonly<Record<string, Part>>
export type PartName = keyof typeof PARTS
export const PART_NAMES = Object.keys(PARTS) as PartName[]
/** What stands in a slot that nobody has: no trust has the code 511. */
export const NOBODY = 2 ** 32 - 1
/** What hangs on the day. */
export const DAY_MASK = partMask('band') | partMask('action')

const FIXED = {
  tumour: Object.keys(TUMOURS),
  step: Object.keys(STEPS),
  route: Object.keys(ROUTES),
  band: Object.keys(BANDS),
  action: Object.keys(ACTION_STATES),
  escalation: Object.keys(ESCALATIONS),
}
type FixedPart = keyof typeof FIXED

const BAND_BITS = bitsOf<Band>('band')
export const ACTION_BITS = bitsOf<ActionState>('action')
const NO_BAND = partMask('band')

/** A filter without text: rows match when `((word ^ value) & mask | impossible) === 0` in both words. */
export interface AttributeFilter {
  readonly mask: readonly [number, number]
  readonly value: readonly [number, number]
  /** Bits of the parts that name what nobody has. */
  readonly impossible: readonly [number, number]
}

/** What of a row does not hang on the day. */
export interface Attributed {
  readonly trust: string
  readonly tumour: Tumour
  readonly step: Step | null
  readonly route: Route
  readonly escalation: Escalation
  /** `scale:code`, or null. */
  readonly code: string | null
  readonly owner: string | null
}

export interface Attributes {
  /** The first word, but for what hangs on the day: its bits are 0. */
  pack(of: Attributed): number
  /** The second. */
  packMore(of: Attributed): number
  /** @param knowsOwners false for who is told no owners: then a named owner matches nobody. [RNK-16] */
  filter(of: ListFilter, knowsOwners: boolean): AttributeFilter
  /** Name of a code of a part; null for the code that means none. */
  nameOf(part: PartName, code: number): string | null
  /** Codes a part has so far, none included: never more than its bits can write. */
  codes(part: PartName): number
}

/** The packing, with the trusts, codes and owners met so far numbered. */
export function attributes(): Attributes {
  const met = {
    trust: dictionaryOf('trust'),
    code: dictionaryOf('code'),
    owner: dictionaryOf('owner'),
  }

  function find(part: PartName, name: string): number | undefined {
    if (part === 'trust' || part === 'code' || part === 'owner') return met[part].find(name)
    const code = FIXED[part].indexOf(name)
    return code < 0 ? undefined : code
  }

  return {
    pack: (of) =>
      inPart('trust', met.trust.codeOf(of.trust)) |
      inPart('tumour', FIXED.tumour.indexOf(of.tumour)) |
      inPart('step', of.step === null ? none('step') : FIXED.step.indexOf(of.step)) |
      inPart('route', FIXED.route.indexOf(of.route)) |
      inPart('escalation', FIXED.escalation.indexOf(of.escalation)),
    packMore: (of) =>
      inPart('code', of.code === null ? none('code') : met.code.codeOf(of.code)) |
      inPart('owner', of.owner === null ? none('owner') : met.owner.codeOf(of.owner)),
    filter(of, knowsOwners) {
      const mask: [number, number] = [0, 0]
      const value: [number, number] = [0, 0]
      const impossible: [number, number] = [0, 0]
      for (const part of PART_NAMES) {
        const wanted = of[part]
        if (wanted === undefined) continue
        const { word } = PARTS[part]
        const code = part === 'owner' && !knowsOwners ? undefined : find(part, wanted)
        if (code === undefined) {
          impossible[word] |= partMask(part)
          continue
        }
        mask[word] |= partMask(part)
        value[word] |= inPart(part, code)
      }
      return { mask, value, impossible }
    },
    nameOf(part, code) {
      if (part === 'trust' || part === 'code' || part === 'owner') return met[part].nameOf(code)
      return FIXED[part][code] ?? null
    },
    codes: (part) =>
      part === 'trust' || part === 'code' || part === 'owner'
        ? met[part].size()
        : 2 ** PARTS[part].bits - 1,
  }
}

/** The bits of a band in the first word; null: of having no wait. */
export function bandBits(band: Band | null): number {
  return band === null ? NO_BAND : BAND_BITS[band]
}

/** All bits of a part, in its word. */
export function partMask(part: PartName): number {
  const { shift, bits } = PARTS[part]
  return ((1 << bits) - 1) << shift
}

/** The bits of each value of a part: looked up, for at midnight they are wanted 300,000 times. */
function bitsOf<Value extends string>(part: FixedPart): Readonly<Record<Value, number>> {
  const bits = FIXED[part].map((name, code) => [name, inPart(part, code)])
  return Object.fromEntries(bits) as Record<Value, number>
}

function dictionaryOf(part: Exclude<PartName, FixedPart>): Dictionary {
  return dictionary(none(part))
}

function inPart(part: PartName, code: number): number {
  return code << PARTS[part].shift
}

function none(part: PartName): number {
  return (1 << PARTS[part].bits) - 1
}
