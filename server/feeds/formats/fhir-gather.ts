import { badFile, MAX_RECORD_BYTES } from './format.ts'
import type { SeenEntry } from './fhir-entry.ts'
import type { Group, HeldPatient } from './fhir-group.ts'
import { emptyGroup, recordOf, recordOfGroup } from './fhir-group.ts'
import { openSeenKeys } from './fhir-keys.ts'

/**
 * What is held of a Bundle at a time, in bytes, once of pathways and once of patients. Within so many bytes the
 * resources of a pathway may come in any order; a Bundle smaller than this in all knows no limit. [FEED-72]
 */
export const HELD_BYTES = 64 * 1024 * 1024
/** Sites and organisations are held to the end, by their codes alone. */
const MOST_PLACES = 20_000
/** Of every entry the hash of its key is held to the end. */
const MOST_ENTRIES = 1_000_000
/** What an entry costs beside its bytes. */
const OVERHEAD_BYTES = 200

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

/** @param heldBytes see HELD_BYTES */
export function openGathering(heldBytes = HELD_BYTES): Gathering {
  const open = new Set<Group>()
  const groupOf = new Map<string, Group>()
  const waiting = new Map<string, Set<Group>>()
  const patients = new Map<string, HeldPatient>()
  const heldPatients = new Set<HeldPatient>()
  const groupsOfPatient = new Map<string, Set<Group>>()
  const places = new Map<string, string>()
  const keys = openSeenKeys()
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
      if (entry.kind !== 'unread' && keys.wasMissed(key)) throw tooFar()
      if (!keys.has(key)) continue
      if (entry.kind === 'patient' && patients.get(key)?.compact === entry.compact) return false
      if (entry.kind === 'place' && places.get(key) === entry.code) return false
      if (entry.kind === 'unread') return false
      throw badFile(
        'Two different entries have the same fullUrl or the same type and id. Give each its own: references to them could mean either.',
      )
    }
    for (const key of entry.keys) keys.see(key)
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
        keys.giveAway(key)
      }
    }
    return records
  }

  function takePathway(
    entry: Extract<SeenEntry, { kind: 'pathway' }>,
    raw: Buffer,
  ): readonly Buffer[] {
    if (entry.patient !== null && keys.isGiven(entry.patient)) throw tooFar()
    const joined = new Set<Group>()
    for (const key of entry.keys) for (const group of waiting.get(key) ?? []) joined.add(group)
    for (const { reference } of entry.links) {
      const group = groupOf.get(reference)
      if (group !== undefined) joined.add(group)
      else if (keys.isGiven(reference)) throw tooFar()
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

  function notePatient(group: Group, patient: string): void {
    group.patients.add(patient)
    const known = groupsOfPatient.get(patient)
    if (known === undefined) groupsOfPatient.set(patient, new Set([group]))
    else known.add(group)
  }

  function newGroup(first: string): Group {
    groups += 1
    const group = emptyGroup(groups, first)
    groupBytes += group.bytes
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
      keys.giveAway(key)
    }
    for (const patient of group.patients) groupsOfPatient.get(patient)?.delete(group)
    for (const { reference } of group.links) {
      waiting.get(reference)?.delete(group)
      keys.miss(reference)
    }
    for (const reference of [...group.places, ...group.patients]) keys.miss(reference)
    return record
  }

  function close(group: Group): Buffer {
    const has = (key: string): boolean => groupOf.has(key) || keys.has(key)
    return recordOfGroup(group, { has, patients, places })
  }
}

function tooFar(): Error {
  const megabytes = HELD_BYTES / 1_048_576
  return badFile(
    `Resources of one pathway, or a pathway and its patient, are more than ${megabytes} MB of the Bundle apart. Put ` +
      'them next to one another, Locations and Organizations first, or send the Bundle in parts, as deltas.',
  )
}
