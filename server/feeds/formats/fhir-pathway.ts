import type { FhirEvent } from '../../../shared/fhir.ts'
import { FHIR_EVENTS, FHIR_SYSTEMS } from '../../../shared/fhir.ts'
import { plainReference } from './fhir-entry.ts'
import type {
  PathwayResource,
  ReadAppointment,
  ReadConcept,
  ReadCondition,
  ReadEncounter,
  ReadEpisode,
  ReadPatient,
  ReadReference,
  ReadRequest,
  ReadTask,
} from './fhir-resources.ts'
import { conditionSchema, patientSchema } from './fhir-resources.ts'

/** The resources of one pathway, each in its part. */
export interface Pathway {
  readonly episode: ReadEpisode | undefined
  readonly referral: ReadRequest | undefined
  readonly order: ReadRequest | undefined
  readonly transfer: ReadRequest | undefined
  readonly events: ReadonlyMap<FhirEvent, ReadEncounter>
  readonly booking: ReadAppointment | undefined
  readonly missed: readonly ReadAppointment[]
  readonly task: ReadTask | undefined
  readonly condition: ReadCondition | undefined
  readonly patient: ReadPatient | undefined
  /** ODS codes of Locations and Organizations of the Bundle, by reference. */
  readonly codes: Readonly<Record<string, string>>
}

/** A part that two resources claim, so that nobody can tell which counts. */
export interface Ambiguity {
  readonly resource: string
  readonly what: string
}

const ENDED_REQUEST: ReadonlySet<string> = new Set(['revoked', 'entered-in-error'])
const NOT_AWAITED: ReadonlySet<string> = new Set(['revoked', 'entered-in-error', 'completed'])
const NOT_HAPPENED: ReadonlySet<string> = new Set(['planned', 'cancelled', 'entered-in-error'])
const BOOKED: ReadonlySet<string> = new Set([
  'proposed',
  'pending',
  'booked',
  'arrived',
  'checked-in',
])
const ENDED_TASK: ReadonlySet<string> = new Set([
  'rejected',
  'cancelled',
  'completed',
  'failed',
  'entered-in-error',
])
const FIRST_CLINIC = 'clinic'
const EVENT_OF_CODE: ReadonlyMap<string, FhirEvent> = new Map(
  Object.entries(FHIR_EVENTS).map(([name, code]) => [code, name as FhirEvent]),
)

/** Sorts the resources of a pathway into their parts. [FEED-71, FEED-73] */
export function sortPathway(
  resources: readonly PathwayResource[],
  given: {
    readonly patient: ReadPatient | undefined
    readonly codes: Readonly<Record<string, string>>
    /** Conditions of the Bundle by what they are referred to as. */
    readonly conditions: ReadonlyMap<string, ReadCondition>
  },
): { readonly pathway: Pathway; readonly ambiguities: readonly Ambiguity[] } {
  const ambiguities: Ambiguity[] = []
  const only = <T>(found: readonly T[], resource: string, what: string): T | undefined => {
    if (found.length > 1) ambiguities.push({ resource, what })
    return found[0]
  }
  const requests = ofType(resources, 'ServiceRequest')
  const appointments = ofType(resources, 'Appointment')
  const episode = only(ofType(resources, 'EpisodeOfCare'), 'EpisodeOfCare', 'pathway')
  const referral = only(
    requests.filter((request) => kindOf(request) === 'referral'),
    'ServiceRequest',
    'referral',
  )
  const events = new Map<FhirEvent, ReadEncounter>()
  for (const encounter of ofType(resources, 'Encounter')) {
    const event = NOT_HAPPENED.has(encounter.status ?? '') ? undefined : eventOf(encounter)
    if (event === undefined) continue
    if (events.has(event)) ambiguities.push({ resource: 'Encounter', what: FHIR_EVENTS[event] })
    events.set(event, encounter)
  }
  return {
    ambiguities,
    pathway: {
      episode,
      referral,
      order: latest(requests, 'step', NOT_AWAITED),
      transfer: latest(requests, 'transfer', ENDED_REQUEST),
      events,
      booking: earliest(
        appointments.filter(({ status }) => BOOKED.has(status ?? '')),
        ({ start }) => start,
      ),
      missed: appointments.filter(
        ({ status, serviceType }) =>
          status === 'noshow' && codeIn(serviceType, FHIR_SYSTEMS.step) === FIRST_CLINIC,
      ),
      task: earliest(
        ofType(resources, 'Task').filter(({ status }) => !ENDED_TASK.has(status ?? '')),
        ({ restriction }) => restriction?.period?.end,
      ),
      condition: conditionOf(episode, given.conditions),
      patient: given.patient ?? containedPatient(episode ?? referral),
      codes: given.codes,
    },
  }
}

/** The code of a system among concepts; undefined where there is none. */
export function codeIn(
  concepts: readonly ReadConcept[] | undefined,
  system: string,
): string | undefined {
  for (const concept of concepts ?? []) {
    for (const coding of concept.coding ?? []) if (coding.system === system) return coding.code
  }
  return undefined
}

/** The ODS code a reference leads to: named in it, contained, or a Location or Organization of the Bundle. */
export function odsCodeOf(
  reference: ReadReference | undefined,
  contained: readonly unknown[] | undefined,
  codes: Readonly<Record<string, string>>,
): string | undefined {
  if (reference?.identifier?.value !== undefined) return reference.identifier.value
  const target = plainReference(reference?.reference)
  if (target === null) return undefined
  if (!target.startsWith('#')) return Object.hasOwn(codes, target) ? codes[target] : undefined
  const inside = containedAs(contained, target)
  const identifiers = inside?.['identifier']
  if (!Array.isArray(identifiers)) return undefined
  for (const one of identifiers as readonly unknown[]) {
    if (typeof one !== 'object' || one === null || !('value' in one)) continue
    if (typeof one.value === 'string') return one.value
  }
  return undefined
}

type Kind = PathwayResource['resourceType']

function ofType<T extends Kind>(
  resources: readonly PathwayResource[],
  type: T,
): Extract<PathwayResource, { resourceType: T }>[] {
  return resources.filter(
    (one): one is Extract<PathwayResource, { resourceType: T }> => one.resourceType === type,
  )
}

function kindOf(request: ReadRequest): 'referral' | 'step' | 'transfer' {
  const named = codeIn(request.category, FHIR_SYSTEMS.request)
  if (named === 'step' || named === 'transfer') return named
  return 'referral'
}

function latest(
  requests: readonly ReadRequest[],
  kind: 'step' | 'transfer',
  ended: ReadonlySet<string>,
): ReadRequest | undefined {
  return requests
    .filter((request) => kindOf(request) === kind && !ended.has(request.status ?? ''))
    .reduce<ReadRequest | undefined>(
      (best, one) => ((one.authoredOn ?? '') > (best?.authoredOn ?? '') ? one : (best ?? one)),
      undefined,
    )
}

function earliest<T>(found: readonly T[], when: (one: T) => string | undefined): T | undefined {
  const last = '~'
  return found.reduce<T | undefined>((best, one) => {
    if (best === undefined) return one
    return (when(one) ?? last) < (when(best) ?? last) ? one : best
  }, undefined)
}

function eventOf(encounter: ReadEncounter): FhirEvent | undefined {
  return EVENT_OF_CODE.get(codeIn(encounter.type, FHIR_SYSTEMS.event) ?? '')
}

function conditionOf(
  episode: ReadEpisode | undefined,
  conditions: ReadonlyMap<string, ReadCondition>,
): ReadCondition | undefined {
  const target = plainReference(episode?.diagnosis?.[0]?.condition?.reference)
  if (target === null) return undefined
  if (!target.startsWith('#')) return conditions.get(target)
  const inside = conditionSchema.safeParse(containedAs(episode?.contained, target))
  return inside.success ? inside.data : undefined
}

function containedPatient(anchor: ReadEpisode | ReadRequest | undefined): ReadPatient | undefined {
  if (anchor === undefined) return undefined
  const subject = anchor.resourceType === 'EpisodeOfCare' ? anchor.patient : anchor.subject
  const target = plainReference(subject?.reference)
  if (target?.startsWith('#') !== true) return undefined
  const inside = patientSchema.safeParse(containedAs(anchor.contained, target))
  return inside.success ? inside.data : undefined
}

function containedAs(
  contained: readonly unknown[] | undefined,
  reference: string,
): Readonly<Record<string, unknown>> | undefined {
  const id = reference.slice(1)
  return contained?.find(
    (one): one is Readonly<Record<string, unknown>> =>
      typeof one === 'object' && one !== null && 'id' in one && one.id === id,
  )
}
