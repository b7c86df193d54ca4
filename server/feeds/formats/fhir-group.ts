import type { EntryProblem, Link } from './fhir-entry.ts'

/** What a pathway costs beside the bytes of its entries. */
const GROUP_BYTES = 1_000

/** The entries of a pathway as far as they have come. */
export interface Group {
  readonly order: number
  readonly keys: string[]
  readonly parts: Buffer[]
  readonly links: Link[]
  readonly places: Set<string>
  readonly patients: Set<string>
  first: string
  hasAnchor: boolean
  bytes: number
  tooLarge: boolean
}

/** A patient, for the pathways that refer to it. */
export interface HeldPatient {
  readonly keys: readonly string[]
  readonly compact: string
}

/** @param order groups begin in this order; @param first the type of its first entry */
export function emptyGroup(order: number, first: string): Group {
  return {
    order,
    keys: [],
    parts: [],
    links: [],
    places: new Set(),
    patients: new Set(),
    first,
    hasAnchor: false,
    bytes: GROUP_BYTES,
    tooLarge: false,
  }
}

/**
 * The record of a group as `fhir-record.ts` reads it: raw entries, their patient, the places they name, what they lack.
 * @param of what has been seen of the Bundle up to now
 */
export function recordOfGroup(
  group: Group,
  of: {
    readonly has: (key: string) => boolean
    readonly patients: ReadonlyMap<string, HeldPatient>
    readonly places: ReadonlyMap<string, string>
  },
): Buffer {
  if (group.tooLarge) return recordOf({ problem: 'tooLarge' })
  const lacks = new Set<string>()
  for (const { element, reference, needed } of group.links) {
    if (needed && !of.has(reference)) lacks.add(element)
  }
  const found = new Set<HeldPatient>()
  for (const reference of group.patients) {
    const patient = of.patients.get(reference)
    if (patient === undefined) lacks.add('patient')
    else found.add(patient)
  }
  const [patient] = found
  const codes: Record<string, string> = {}
  for (const reference of group.places) {
    const code = of.places.get(reference)
    if (code !== undefined) codes[reference] = code
  }
  const head = { stray: group.hasAnchor ? undefined : group.first, lacks: [...lacks], codes }
  const said = { ...head, ...(found.size > 1 ? { problem: 'twoPatients' } : {}) }
  const pieces: Buffer[] = [Buffer.from(`${JSON.stringify(said).slice(0, -1)},`)]
  if (patient !== undefined) pieces.push(Buffer.from(`"patient":${patient.compact},`))
  pieces.push(Buffer.from('"entries":['))
  for (const [at, part] of group.parts.entries()) {
    if (at > 0) pieces.push(COMMA)
    pieces.push(part)
  }
  pieces.push(Buffer.from(']}'))
  return Buffer.concat(pieces)
}

const COMMA: Buffer = Buffer.from(',')

/** The record of an entry that belongs to no pathway. */
export function recordOf(
  said: { problem: EntryProblem | 'tooLarge' } | { remove: string },
): Buffer {
  return Buffer.from(JSON.stringify(said))
}
