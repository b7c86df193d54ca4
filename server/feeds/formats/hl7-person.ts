import type { IsoDate } from '../../../shared/date.ts'
import { openState } from '../../domain/clock/open.ts'
import { HOSPITAL_NUMBER_TYPES, NHS_NUMBER_TYPES, SEXES } from './hl7-events.ts'
import type { Hl7Message, Hl7Segment } from './hl7-message.ts'
import { HL7_NULL, partOf, repetitions, segmentsOf, valueOf } from './hl7-message.ts'
import type { Patch, PatchBook } from './hl7-patch.ts'
import { dayOr, patchOf } from './hl7-patch.ts'
import { hl7Date } from './hl7-time.ts'
import type { HeldEntry, PersonSigns } from './update.ts'

/** The closed reason that a notice of death gives, and that its correction takes back. */
const DIED = 'died'

/** By what a PID or MRG segment knows the person. @param field of the identifier list */
export function signsOf(segment: Hl7Segment | undefined, field: number): PersonSigns {
  const { nhsNumber, hospitalNumber } = numbersOf(segment, field)
  const born = segment?.name === 'PID' ? hl7Date(valueOf(segment, 7)) : null
  return {
    ...(/^\d{10}$/.test(nhsNumber) ? { nhsNumber } : {}),
    ...(hospitalNumber === '' ? {} : { hospitalNumber }),
    ...(born === null ? {} : { dateOfBirth: born }),
  }
}

/** Takes who somebody is out of PID. [FEED-52] */
export function takePerson(message: Hl7Message, into: PatchBook): void {
  const [pid] = segmentsOf(message, 'PID')
  if (pid === undefined) return
  const { nhsNumber, hospitalNumber } = numbersOf(pid, 3)
  into.take('nhsNumber', 'PID-3', nhsNumber)
  into.take('hospitalNumber', 'PID-3', hospitalNumber)
  into.take('name', 'PID-5', nameOf(pid))
  into.take('dateOfBirth', 'PID-7', valueOf(pid, 7))
  const sex = valueOf(pid, 8).toUpperCase()
  into.take('sex', 'PID-8', SEXES[sex] ?? (sex === HL7_NULL ? HL7_NULL : ''))
  into.take('postcode', 'PID-11', postcodeOf(pid))
  into.take('ethnicity', 'PID-22', valueOf(pid, 22))
}

/**
 * A death ends the pathways that are open: nobody shall ring the family to offer a slot. That it was told in error
 * opens again what it closed.
 */
export function deathPatch(message: Hl7Message, held: HeldEntry, saidOn: IsoDate): Patch {
  const [pid] = segmentsOf(message, 'PID')
  const said = valueOf(pid, 30).toUpperCase()
  if (said === 'Y' && openState(held.facts).open) {
    return patchOf(['closedOn', dayOr(valueOf(pid, 29), saidOn)], ['closedReason', DIED])
  }
  if (said === 'N' && held.facts.closedReason === DIED) {
    return patchOf(['closedOn', undefined], ['closedReason', undefined])
  }
  return patchOf()
}

function numbersOf(
  segment: Hl7Segment | undefined,
  field: number,
): { readonly nhsNumber: string; readonly hospitalNumber: string } {
  let nhsNumber = ''
  let hospitalNumber = ''
  if (segment === undefined) return { nhsNumber, hospitalNumber }
  for (const raw of repetitions(segment, field)) {
    const id = partOf(raw, segment.marks, 1)
    const authority = partOf(raw, segment.marks, 4).toUpperCase()
    const type = partOf(raw, segment.marks, 5).toUpperCase()
    if (id === '' || id === HL7_NULL) continue
    if (NHS_NUMBER_TYPES.has(type) || NHS_NUMBER_TYPES.has(authority)) {
      if (nhsNumber === '') nhsNumber = id.replaceAll(/[ -]/g, '')
    } else if (hospitalNumber === '' || HOSPITAL_NUMBER_TYPES.has(type)) {
      hospitalNumber = hospitalNumber === '' || type === 'MR' ? id : hospitalNumber
    }
  }
  return { nhsNumber, hospitalNumber }
}

/** Given name and family name, as the other formats have it. The legal name where several are sent. */
function nameOf(pid: Hl7Segment): string {
  const names = repetitions(pid, 5)
  const legal = names.find((raw) => partOf(raw, pid.marks, 7).toUpperCase() === 'L') ?? names[0]
  if (legal === undefined) return ''
  const family = partOf(legal, pid.marks, 1)
  return [partOf(legal, pid.marks, 2), family].filter((part) => part !== '').join(' ')
}

function postcodeOf(pid: Hl7Segment): string {
  const codes = repetitions(pid, 11).map((raw) => partOf(raw, pid.marks, 5))
  return codes.find((code) => code !== '') ?? ''
}
