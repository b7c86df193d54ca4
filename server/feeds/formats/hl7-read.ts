import { londonDate } from '../../../shared/date.ts'
import type { IsoDate } from '../../../shared/date.ts'
import type { Issue } from '../../../shared/delivery.ts'
import { FEED_HL7_FORM, refuse } from './hl7-refusal.ts'
import type { ReadRow } from './format.ts'
import type { Deed } from './hl7-deeds.ts'
import { attended, booked, cancelled, missed, notAttended, reported } from './hl7-deeds.ts'
import { APPOINTMENT_STATUS, HL7_EVENTS, PATHWAY_PLACES } from './hl7-events.ts'
import type { Hl7Deed } from './hl7-events.ts'
import { appointmentOf, finalSteps, siteOf, takeReferral, takeResults } from './hl7-fields.ts'
import type { HeaderProblem, Hl7Header } from './hl7-header.ts'
import { headerOf, headerProblem, isEvent } from './hl7-header.ts'
import type { Hl7Message } from './hl7-message.ts'
import { parseHl7, partOf, repetitions, segmentsOf, valueOf } from './hl7-message.ts'
import type { Patch, PatchBook } from './hl7-patch.ts'
import { dayOr, openPatch, patchOf, patched } from './hl7-patch.ts'
import { deathPatch, signsOf, takePerson } from './hl7-person.ts'
import type { ChangedEntry, EntryUpdate, HeldEntry, PathwayId } from './update.ts'

/** Closed by a cancelled referral; a new referral opens it again. */
const WITHDRAWN = 'referral cancelled'

/**
 * Reads one message: what it says, of whom, since when. Never throws. [FEED-51, FEED-52]
 * @param options.live whether it may reach the live list
 * @param options.onHeader told of each message that has a header, to answer it by
 */
export function readHl7(
  text: string,
  rowNumber: number,
  options: { readonly live: boolean; readonly onHeader?: (row: number, header: Hl7Header) => void },
): ReadRow {
  const message = parseHl7(text)
  if ('wrong' in message) {
    const said = { field: '', message: `The message is not HL7 v2. ${message.wrong}` }
    return refuse(
      rowNumber,
      '',
      FEED_HL7_FORM,
      {
        ...said,
        fix: 'Send MSH|^~\\&|..., each segment on a line of its own.',
      },
      true,
    )
  }
  const header = headerOf(message)
  options.onHeader?.(rowNumber, header)
  const problem = headerProblem(message, header, options.live) ?? unkeepable(text)
  if (problem !== null || header.saidAt === null || !isEvent(header.event)) {
    return refuse(rowNumber, '', FEED_HL7_FORM, problem ?? { field: '', message: '', fix: '' })
  }
  const { does, part, needsPathway } = HL7_EVENTS[header.event]
  const pathway = pathwayOf(message)
  const recordKey = keyOf(pathway)
  if (needsPathway && pathway.length === 0) {
    return refuse(rowNumber, '', 'FEED-53', {
      field: 'PV1-50',
      message: 'The message does not say which pathway it is of.',
      fix: 'Send the patient pathway identifier with its issuer in PV1-50, or in RF1-6 of a referral.',
    })
  }
  const [pid] = segmentsOf(message, 'PID')
  const [mrg] = segmentsOf(message, 'MRG')
  const book = openPatch(rowNumber, recordKey)
  const saidOn = londonDate(Date.parse(header.saidAt))
  const deed = deedOf(effective(does, message), message, book, saidOn)
  if (deed === null || book.issues.some(({ severity }) => severity === 'refuses-row')) {
    const issues = deed === null ? [noDate(rowNumber, recordKey)] : book.issues
    return { kind: 'refused', rowNumber, recordKey, misshapen: false, issues }
  }
  const update: EntryUpdate = {
    rowNumber,
    recordKey,
    saidAt: header.saidAt,
    part,
    pathway,
    needsPathway,
    makesPathway: header.event === 'REF^I12',
    person: signsOf(pid, 3),
    formerly: does === 'merged' ? signsOf(mrg, 1) : null,
    change: deed,
  }
  return { kind: 'update', rowNumber, update, issues: book.issues }
}

/** Which no text of the database can hold, identifiers that are looked up included. */
function unkeepable(text: string): HeaderProblem | null {
  if (!text.includes('\0')) return null
  return { field: '', message: 'The message holds the character U+0000.', fix: 'Take it out.' }
}

type Change = EntryUpdate['change']

/** @returns null when the message lacks the day without which it means nothing */
function deedOf(
  does: Hl7Deed | 'kept',
  message: Hl7Message,
  book: PatchBook,
  saidOn: IsoDate,
): Change | null {
  const [pv1] = segmentsOf(message, 'PV1')
  switch (does) {
    case 'details':
    case 'merged':
      takePerson(message, book)
      return (held) => changed(held, book.patch, (now) => deathPatch(message, now, saidOn))
    case 'attended':
    case 'notAttended': {
      takePerson(message, book)
      const on = dayOr(valueOf(pv1, 44), saidOn)
      const isClinic = ['O', ''].includes(valueOf(pv1, 2).toUpperCase())
      const site = siteOf(pv1, 3)
      return (held, isThePathway) =>
        changed(held, book.patch, (now) => {
          if (!isThePathway || !isClinic) return patchOf()
          return (does === 'attended' ? attended(now, on, site) : notAttended(now, on)).patch
        })
    }
    case 'booked':
    case 'cancelled':
    case 'missed':
    case 'kept': {
      const said = appointmentOf(message)
      if (said === null) return null
      return (held) => done(held, appointmentDeed(does, held, said, saidOn), book)
    }
    case 'referred':
      takePerson(message, book)
      takeReferral(message, book)
      return (held) =>
        changed(held, book.patch, ({ facts }) =>
          facts.closedReason === WITHDRAWN
            ? patchOf(['closedOn', undefined], ['closedReason', undefined])
            : patchOf(),
        )
    case 'withdrawn':
      return (held) => changed(held, patchOf(['closedOn', saidOn], ['closedReason', WITHDRAWN]))
    case 'reported': {
      takeResults(message, book)
      const steps = finalSteps(message)
      return (held) =>
        steps.reduce<ChangedEntry>(
          (now, step) => changed(now, reported(now, step).patch),
          changed(held, book.patch),
        )
    }
    default: {
      const never: never = does
      return never
    }
  }
}

/** S12 to S14 may carry a status that says more than the event does. */
function effective(does: Hl7Deed, message: Hl7Message): Hl7Deed | 'kept' {
  if (does !== 'booked') return does
  const status = valueOf(segmentsOf(message, 'SCH')[0], 25).toLowerCase()
  return APPOINTMENT_STATUS[status] ?? does
}

function appointmentDeed(
  does: 'booked' | 'cancelled' | 'missed' | 'kept',
  held: HeldEntry,
  said: NonNullable<ReturnType<typeof appointmentOf>>,
  saidOn: IsoDate,
): Deed {
  if (does === 'booked') return booked(held, said, saidOn)
  if (does === 'cancelled') return cancelled(held, said)
  if (does === 'missed') return missed(held, said)
  return said.step === 'clinic'
    ? attended(held, said.on, said.site)
    : { patch: patchOf(), issues: [] }
}

function changed(
  held: HeldEntry,
  patch: Patch,
  further: (now: HeldEntry) => Patch = () => patchOf(),
): ChangedEntry {
  const now = patched(held, patch)
  return { ...patched(now, further(now)), issues: [] }
}

function done(held: HeldEntry, deed: Deed, book: PatchBook): ChangedEntry {
  const now = patched(patched(held, book.patch), deed.patch)
  const issues = deed.issues.map((one): Issue => ({ ...book.about, ...one }))
  return { ...now, issues }
}

function pathwayOf(message: Hl7Message): readonly PathwayId[] {
  const found: PathwayId[] = []
  for (const place of PATHWAY_PLACES) {
    const [segment] = segmentsOf(message, place.segment)
    for (const raw of repetitions(segment, place.field)) {
      if (segment === undefined) continue
      const id = partOf(raw, segment.marks, 1)
      const issuer = partOf(raw, segment.marks, place.issuer).toUpperCase()
      if (id === '' || (issuer === '' && !place.isOwnKey)) continue
      found.push({ id, issuer: issuer === '' ? null : issuer, isOwnKey: place.isOwnKey })
    }
  }
  return found
}

function keyOf([best]: readonly PathwayId[]): string {
  if (best === undefined) return ''
  return (best.issuer === null ? best.id : `${best.issuer}:${best.id}`).slice(0, 64)
}

function noDate(rowNumber: number, recordKey: string): Issue {
  return {
    rowNumber,
    recordKey,
    field: 'SCH-11',
    code: 'FEED-52',
    severity: 'refuses-row',
    message: 'The message does not say on which day the appointment is.',
    fix: 'Send its start in SCH-11 (fourth component), or in AIS-4.',
  }
}
