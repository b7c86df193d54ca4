import type { z } from 'zod'
import { CAPACITY_EXTENSION, FHIR_SYSTEMS } from '../../../shared/fhir.ts'
import type { CapacityFile } from './capacity-row.ts'
import { openCapacityRows } from './capacity-row.ts'
import { recordText } from './encoding.ts'
import { londonDateOf } from './fhir-elements.ts'
import { plainReference, seeEntry } from './fhir-entry.ts'
import { splitBundle } from './fhir-bundle.ts'
import { codeIn, odsCodeOf } from './fhir-pathway.ts'
import type { ReadExtension } from './fhir-resources.ts'
import { scheduleSchema, slotSchema } from './fhir-resources.ts'
import { badFile } from './format.ts'
import { plainKey } from './json-split.ts'

const MOST_SLOTS = 50_000
/** What can be given away: what is free, and what is held for a promise made here. [FEED-81] */
const OFFERED: ReadonlySet<string> = new Set(['free', 'busy-tentative'])
const TAKEN_AWAY = 'entered-in-error'
const BUNDLE_TYPES: ReadonlySet<unknown> = new Set(['collection', 'transaction', 'searchset'])

type Slot = z.infer<typeof slotSchema>
type Schedule = z.infer<typeof scheduleSchema>

interface Bucket {
  readonly rowNumber: number
  readonly said: Readonly<Record<string, unknown>>
  slots: number
  records: number
}

/**
 * Reads a Bundle of Slots, their Schedules and their Locations: the Slots of one step at one site on one day make a
 * bucket. [FEED-81]
 * @throws Refusal `bad-file` when it is no such Bundle
 */
export async function readCapacityFhir(chunks: AsyncIterable<Buffer>): Promise<CapacityFile> {
  const rows = openCapacityRows()
  const frame = { members: new Map<string, unknown>() }
  const slots: Slot[] = []
  const schedules = new Map<string, Schedule>()
  const codes: Record<string, string> = {}
  let records = 0
  for await (const { bytes, bounds } of splitBundle(chunks, frame)) {
    for (let at = 0; at < bounds.length; at += 2) {
      take(recordText(bytes, bounds[at] ?? 0, bounds[at + 1] ?? 0))
    }
  }
  if (
    frame.members.get('resourceType') !== 'Bundle' ||
    !BUNDLE_TYPES.has(frame.members.get('type'))
  ) {
    throw badFile(
      `Send a FHIR Bundle of type ${[...BUNDLE_TYPES].join(', ')} with Slots and their Schedules.`,
    )
  }
  const buckets = new Map<string, Bucket>()
  for (const [at, slot] of slots.entries()) place(at + 1, slot)
  for (const { rowNumber, said, slots: count, records: of } of buckets.values()) {
    rows.add(rowNumber, { ...said, slots: count }, of)
  }
  return rows.file()

  function take(text: string): void {
    const entry = seeEntry(text)
    if (entry.kind === 'place') for (const key of entry.keys) codes[key] = entry.code
    if (entry.kind !== 'unread' || (entry.type !== 'Slot' && entry.type !== 'Schedule')) return
    const { resource } = JSON.parse(text) as { readonly resource: unknown }
    if (entry.type === 'Schedule') {
      const schedule = scheduleSchema.safeParse(resource)
      if (schedule.success) for (const key of entry.keys) schedules.set(key, schedule.data)
      return
    }
    records += 1
    if (records > MOST_SLOTS) throw badFile(`More than ${MOST_SLOTS} Slots. Send them in parts.`)
    // A Slot that is not as FHIR says stays in its place among the others, and is refused there.
    slots.push(slotSchema.safeParse(resource).data ?? {})
  }

  function place(rowNumber: number, slot: Slot): void {
    if (slot.status === TAKEN_AWAY) return
    const schedule = schedules.get(plainReference(slot.schedule?.reference) ?? '')
    if (schedule === undefined || slot.status === undefined) {
      rows.refuse(rowNumber, schedule === undefined ? NO_SCHEDULE : NO_STATUS)
      return
    }
    const said = {
      site: siteOf(schedule, codes),
      step:
        codeIn(slot.serviceType, FHIR_SYSTEMS.step) ??
        codeIn(schedule.serviceType, FHIR_SYSTEMS.step),
      day: londonDateOf(slot.start),
      ...extensionsOf(schedule.extension),
    }
    const key = JSON.stringify([said.site, said.step, said.day])
    const bucket = buckets.get(key) ?? { rowNumber, said, slots: 0, records: 0 }
    if (JSON.stringify(bucket.said) !== JSON.stringify(said)) {
      rows.refuse(rowNumber, OTHER_TERMS)
      return
    }
    bucket.records += 1
    if (OFFERED.has(slot.status)) bucket.slots += 1
    buckets.set(key, bucket)
  }
}

const NO_SCHEDULE = {
  field: 'Slot.schedule',
  code: 'FEED-72',
  message: 'What Slot.schedule refers to is not in the Bundle, or is no Schedule.',
  fix: 'Send the Schedule in the same Bundle, with its Location as actor.',
}
const NO_STATUS = {
  field: 'Slot.status',
  code: 'FEED-81',
  message: 'The Slot does not say its status, or is not as FHIR R4 says.',
  fix: 'Send status free or busy, start, and a reference to its Schedule.',
}
const OTHER_TERMS = {
  field: 'Schedule.extension',
  code: 'FEED-81',
  message: 'Another Schedule says other terms of the same step at the same site on the same day.',
  fix: 'Let Schedules of one site and step agree in openToAlliance, noticeDays, tumours and limits.',
}

function siteOf(schedule: Schedule, codes: Readonly<Record<string, string>>): string | undefined {
  for (const actor of schedule.actor ?? []) {
    const code = odsCodeOf(actor, undefined, codes)
    if (code !== undefined) return code
  }
  return undefined
}

/** Where an extension of ours goes in the day as JSON has it, and the member that holds its value. [FEED-81] */
const TERMS: ReadonlyMap<string, readonly [into: string, value: keyof ReadExtension]> = new Map([
  ['openToAlliance', ['openToAlliance', 'valueBoolean']],
  ['noticeDays', ['noticeDays', 'valueInteger']],
  ['tumour', ['tumours', 'valueCode']],
])
const LIMITS: typeof TERMS = new Map([
  ['minAge', ['minAge', 'valueInteger']],
  ['maxAge', ['maxAge', 'valueInteger']],
  ['maxBmi', ['maxBmi', 'valueDecimal']],
  ['maxAsa', ['maxAsa', 'valueInteger']],
  ['maxPerformanceStatus', ['maxPerformanceStatus', 'valueInteger']],
  ['anaesthetic', ['anaesthetics', 'valueCode']],
  ['laterality', ['lateralities', 'valueCode']],
  ['need', ['needs', 'valueCode']],
])
/** Extensions that come again, once for each value. */
const REPEATED: ReadonlySet<string> = new Set(['tumours', 'anaesthetics', 'lateralities', 'needs'])

/**
 * What a Schedule says of its slots, by extensions of ours; what is absent is as in JSON. One of another kind, or of a
 * name that is not known, is handed on to be refused: a limit that is passed over is a patient who cannot be seen there.
 */
function extensionsOf(extensions: readonly ReadExtension[] | undefined): Record<string, unknown> {
  const said: Record<string, unknown> = {}
  const limits: Record<string, unknown> = {}
  for (const extension of extensions ?? []) {
    if (extension.url?.startsWith(CAPACITY_EXTENSION) !== true) continue
    const name = extension.url.slice(CAPACITY_EXTENSION.length)
    const limit = LIMITS.get(name)
    const [into, member] = limit ?? TERMS.get(name) ?? [plainKey(name), 'url']
    const target = limit === undefined ? said : limits
    const value = extension[member] ?? null
    if (!REPEATED.has(into)) target[into] = into in target ? null : value
    else target[into] = [...((target[into] ?? []) as readonly unknown[]), value]
  }
  return Object.keys(limits).length === 0 ? said : { ...said, limits }
}
