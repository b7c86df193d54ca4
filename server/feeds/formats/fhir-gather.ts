import { hash } from 'node:crypto'
import { badFile, MAX_RECORD_BYTES } from './format.ts'
import type { EntryProblem, Link, SeenEntry } from './fhir-entry.ts'

/**
 * What is held of a Bundle at a time, in bytes, once of pathways and once of patients. Within so many bytes the
 * resources of a pathway may come in any order; a Bundle smaller than this in all knows no limit. [FEED-72]
 */
export const HELD_BYTES = 64 * 1024 * 1024
/** Sites and organisations are held to the end, by their codes alone. */
const MOST_PLACES = 20_000
/** Of every entry the hash of its key is held to the end. */
const MOST_ENTRIES = 1_000_000
/** What an entry and a pathway cost beside their bytes. */
const OVERHEAD_BYTES = 200
const GROUP_BYTES = 1_000

/**
 * Puts the entries of a Bundle together in pathways, holding no more than a stated part of it. A record is a JSON
 * object as `fhir-record.ts` reads it: raw entries, their patient, the places they name, and what they lack.
 */
export interface Gathering {
  /** Takes one entry. @returns records that are complete by it, in order; most often none */
  take(entry: SeenEntry, raw: Buffer): readonly Buffer[]
  /** The pathways that are left at the end of the Bundle, in the order in which they began. */
  finish(): IterableIterator<Buffer>
}

interface Group {
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

interface HeldPatient {
  readonly keys: readonly string[]
  readonly compact: string
}

/** @param heldBytes see HELD_BYTES */
export function openGathering(heldBytes = HELD_BYTES): Gathering {
  const open = new Set<Group>()
  const groupOf = new Map<string, Group>()
  const waiting = new Map<string, Set<Group>>()
  const patients = new Map<string, HeldPatient>()
  const heldPatients = new Set<HeldPatient>()
  const groupsOfPatient = new Map<string, Set<Group>>()
  const places = new Map<string, string>()
  /** Every key of an entry so far; those of pathways already given away; those that such pathways did not find. */
  const seen = new Set<number>()
  const given = new Set<number>()
  const missed = new Set<number>()
  let groupBytes = 0
  let patientBytes = 0
  let entries = 0
  let groups = 0

  return {
    take(entry, raw) {
      entries += 1
      if (entries > MOST_ENTRIES) {
        throw badFile(
          `A Bundle holds at most ${MOST_ENTRIES} entries. Send it in parts, as deltas.`,
        )
      }
      if (entry.kind === 'broken') return [recordOf({ problem: entry.problem })]
      if (entry.kind === 'removal') return [recordOf({ remove: entry.localId })]
      if (!noteKeys(entry)) return []
      if (entry.kind === 'pathway') return takePathway(entry, raw)
      if (entry.kind === 'patient') return takePatient(entry)
      if (entry.kind === 'place') takePlace(entry)
      return []
    },
    *finish() {
      for (const group of open) yield close(group)
    },
  }

  /** @returns false for a shared resource that is there already, byte for byte */
  function noteKeys(entry: Exclude<SeenEntry, { kind: 'broken' | 'removal' }>): boolean {
    for (const key of entry.keys) {
      const digest = digestOf(key)
      if (entry.kind !== 'unread' && missed.has(digest)) throw tooFar()
      if (!seen.has(digest)) continue
      if (entry.kind === 'patient' && patients.get(key)?.compact === entry.compact) return false
      if (entry.kind === 'place' && places.get(key) === entry.code) return false
      if (entry.kind === 'unread') return false
      throw badFile(
        'Two different entries have the same fullUrl or the same type and id. Give each its own: references to them could mean either.',
      )
    }
    for (const key of entry.keys) seen.add(digestOf(key))
    return true
  }

  function takePlace(entry: Extract<SeenEntry, { kind: 'place' }>): void {
    for (const key of entry.keys) places.set(key, entry.code)
    if (places.size > MOST_PLACES * 2) {
      throw badFile(`More than ${MOST_PLACES} Locations and Organizations. Send those referred to.`)
    }
  }

  function takePatient(entry: Extract<SeenEntry, { kind: 'patient' }>): readonly Buffer[] {
    const patient = { keys: entry.keys, compact: entry.compact }
    for (const key of entry.keys) patients.set(key, patient)
    heldPatients.add(patient)
    patientBytes += entry.compact.length + OVERHEAD_BYTES
    const records: Buffer[] = []
    for (const oldest of heldPatients) {
      if (patientBytes <= heldBytes) break
      for (const key of oldest.keys) {
        for (const group of groupsOfPatient.get(key) ?? []) records.push(giveAway(group))
      }
      heldPatients.delete(oldest)
      patientBytes -= oldest.compact.length + OVERHEAD_BYTES
      for (const key of oldest.keys) {
        patients.delete(key)
        given.add(digestOf(key))
      }
    }
    return records
  }

  function takePathway(
    entry: Extract<SeenEntry, { kind: 'pathway' }>,
    raw: Buffer,
  ): readonly Buffer[] {
    if (entry.patient !== null && isGiven(entry.patient)) throw tooFar()
    const joined = new Set<Group>()
    for (const key of entry.keys) for (const group of waiting.get(key) ?? []) joined.add(group)
    for (const { reference } of entry.links) {
      const group = groupOf.get(reference)
      if (group !== undefined) joined.add(group)
      else if (isGiven(reference)) throw tooFar()
    }
    const group = joined.size === 0 ? newGroup(entry.type) : union([...joined])
    for (const key of entry.keys) {
      groupOf.set(key, group)
      group.keys.push(key)
      waiting.delete(key)
    }
    for (const link of entry.links) {
      group.links.push(link)
      if (groupOf.has(link.reference)) continue
      const waiters = waiting.get(link.reference) ?? new Set<Group>()
      waiters.add(group)
      waiting.set(link.reference, waiters)
    }
    for (const place of entry.places) group.places.add(place)
    if (entry.patient !== null) notePatient(group, entry.patient)
    if (entry.type === 'EpisodeOfCare' || entry.type === 'ServiceRequest') group.hasAnchor = true
    addPart(group, raw)
    const records: Buffer[] = []
    for (const oldest of open) {
      if (groupBytes <= heldBytes) break
      records.push(giveAway(oldest))
    }
    return records
  }

  function isGiven(reference: string): boolean {
    return given.size > 0 && given.has(digestOf(reference))
  }

  function notePatient(group: Group, patient: string): void {
    group.patients.add(patient)
    const known = groupsOfPatient.get(patient)
    if (known === undefined) groupsOfPatient.set(patient, new Set([group]))
    else known.add(group)
  }

  function newGroup(first: string): Group {
    groups += 1
    const group: Group = {
      order: groups,
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
    groupBytes += GROUP_BYTES
    open.add(group)
    return group
  }

  function addPart(group: Group, raw: Buffer): void {
    const cost = raw.length + OVERHEAD_BYTES
    group.bytes += cost
    groupBytes += cost
    if (group.tooLarge) return
    group.parts.push(Buffer.from(raw))
    if (group.bytes > MAX_RECORD_BYTES) letGo(group)
  }

  function letGo(group: Group): void {
    group.tooLarge = true
    group.parts.length = 0
  }

  /** Puts groups together in the one that came first, so that records keep the order of the Bundle. */
  function union(joined: readonly Group[]): Group {
    const [into, ...others] = joined.toSorted((a, b) => a.order - b.order)
    if (into === undefined) throw new Error('a group that is not open was joined')
    for (const other of others) {
      for (const key of other.keys) groupOf.set(key, into)
      into.keys.push(...other.keys)
      for (const { reference } of other.links) {
        const waiters = waiting.get(reference)
        if (waiters?.delete(other) === true) waiters.add(into)
      }
      into.links.push(...other.links)
      for (const place of other.places) into.places.add(place)
      for (const patient of other.patients) {
        groupsOfPatient.get(patient)?.delete(other)
        notePatient(into, patient)
      }
      into.hasAnchor ||= other.hasAnchor
      into.bytes += other.bytes
      if (other.tooLarge || into.bytes > MAX_RECORD_BYTES) letGo(into)
      else into.parts.push(...other.parts)
      open.delete(other)
    }
    return into
  }

  /** Closes a group before the end of the Bundle, remembering what must not come any more. */
  function giveAway(group: Group): Buffer {
    const record = close(group)
    open.delete(group)
    groupBytes -= group.bytes
    for (const key of group.keys) {
      groupOf.delete(key)
      given.add(digestOf(key))
    }
    for (const patient of group.patients) groupsOfPatient.get(patient)?.delete(group)
    for (const { reference } of group.links) {
      waiting.get(reference)?.delete(group)
      if (!seen.has(digestOf(reference))) missed.add(digestOf(reference))
    }
    for (const reference of [...group.places, ...group.patients]) {
      if (!seen.has(digestOf(reference))) missed.add(digestOf(reference))
    }
    return record
  }

  function close(group: Group): Buffer {
    if (group.tooLarge) return recordOf({ problem: 'tooLarge' })
    const lacks = new Set<string>()
    for (const { element, reference, needed } of group.links) {
      if (needed && !groupOf.has(reference) && !seen.has(digestOf(reference))) lacks.add(element)
    }
    const found = new Set<HeldPatient>()
    for (const reference of group.patients) {
      const patient = patients.get(reference)
      if (patient === undefined) lacks.add('patient')
      else found.add(patient)
    }
    const [patient] = found
    const codes: Record<string, string> = {}
    for (const reference of group.places) {
      const code = places.get(reference)
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
}

const COMMA: Buffer = Buffer.from(',')

function recordOf(said: { problem: EntryProblem | 'tooLarge' } | { remove: string }): Buffer {
  return Buffer.from(JSON.stringify(said))
}

/** 48 bits of a key: the keys of a large Bundle would be more than all that is held of it. */
function digestOf(key: string): number {
  return Number.parseInt(hash('sha1', key, 'hex').slice(0, 12), 16)
}

function tooFar(): Error {
  const megabytes = HELD_BYTES / 1_048_576
  return badFile(
    `Resources of one pathway, or a pathway and its patient, are more than ${megabytes} MB of the Bundle apart. Put ` +
      'them next to one another, Locations and Organizations first, or send the Bundle in parts, as deltas.',
  )
}
