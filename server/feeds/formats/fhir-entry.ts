import { FHIR_PATHWAY_RESOURCES, FHIR_SYSTEMS } from '../../../shared/fhir.ts'
import { repeatedKey } from './json-keys.ts'

/** What the gathering of pathways needs of one entry of a Bundle; the rest is read once its pathway is together. */
export type SeenEntry =
  | {
      readonly kind: 'pathway'
      readonly type: string
      readonly keys: readonly string[]
      /** References to other resources of its pathway, each with the element it stands in. */
      readonly links: readonly Link[]
      /** References that may lead to a Location or an Organization. */
      readonly places: readonly string[]
      readonly patient: string | null
      readonly mutualAid: boolean
    }
  | { readonly kind: 'patient'; readonly keys: readonly string[]; readonly compact: string }
  | { readonly kind: 'place'; readonly keys: readonly string[]; readonly code: string }
  | { readonly kind: 'header'; readonly keys: readonly string[] }
  | { readonly kind: 'removal'; readonly localId: string }
  | { readonly kind: 'unread'; readonly keys: readonly string[]; readonly type: string }
  | { readonly kind: 'broken'; readonly problem: EntryProblem }

export interface Link {
  readonly element: string
  readonly reference: string
  /** Without what it leads to, facts of the pathway are missing. */
  readonly needed: boolean
}

export type EntryProblem = 'notJson' | 'keyTwice' | 'noResource' | 'noType' | 'method'

type Json = Readonly<Record<string, unknown>>

const PATHWAY: ReadonlySet<string> = new Set([...FHIR_PATHWAY_RESOURCES, 'Condition'])
const PLACES: ReadonlySet<string> = new Set(['Location', 'Organization'])
const TYPE = /^[A-Z][A-Za-z]{1,40}$/
/** `DELETE EpisodeOfCare?identifier=system|key`: the only way of naming what is not sent. [FEED-75] */
const REMOVAL = /^(?:EpisodeOfCare|ServiceRequest)\?identifier=(?:[^|&]*\|)?([^|&]+)$/
const TAKEN_METHODS: ReadonlySet<unknown> = new Set([undefined, 'POST', 'PUT'])

/** Elements by which the resources of a pathway hold together. [FEED-72] */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  EpisodeOfCare: ['referralRequest'],
  ServiceRequest: ['basedOn', 'supportingInfo', 'encounter'],
  Encounter: ['episodeOfCare', 'basedOn'],
  Appointment: ['basedOn', 'supportingInformation'],
  Task: ['focus', 'basedOn'],
  Condition: ['encounter'],
}
const NEEDED: ReadonlySet<string> = new Set([
  'EpisodeOfCare.referralRequest',
  'EpisodeOfCare.diagnosis.condition',
  'Encounter.episodeOfCare',
  'Task.focus',
])
const SUBJECTS = ['patient', 'subject', 'for'] as const

/** Looks at one entry; never throws. */
export function seeEntry(text: string): SeenEntry {
  let entry: unknown
  try {
    entry = JSON.parse(text)
  } catch {
    return { kind: 'broken', problem: 'notJson' }
  }
  if (!isObject(entry)) return { kind: 'broken', problem: 'noResource' }
  if (repeatedKey(text, entry) !== null) return { kind: 'broken', problem: 'keyTwice' }
  const request = isObject(entry['request']) ? entry['request'] : {}
  const resource = entry['resource']
  if (request['method'] === 'DELETE') return removal(request['url'])
  if (!TAKEN_METHODS.has(request['method'])) return { kind: 'broken', problem: 'method' }
  if (!isObject(resource)) return { kind: 'broken', problem: 'noResource' }
  const type = resource['resourceType']
  if (typeof type !== 'string' || !TYPE.test(type)) return { kind: 'broken', problem: 'noType' }
  const keys = keysOf(entry['fullUrl'], type, resource['id'])
  if (type === 'Patient') return { kind: 'patient', keys, compact: compactPatient(resource) }
  if (type === 'MessageHeader') return { kind: 'header', keys }
  if (PLACES.has(type)) return { kind: 'place', keys, code: odsCode(resource) }
  if (!PATHWAY.has(type)) return { kind: 'unread', keys, type }
  return {
    kind: 'pathway',
    type,
    keys,
    links: linksOf(type, resource),
    places: placesOf(resource),
    patient: subjectOf(resource),
    mutualAid: hasMutualAid(resource),
  }
}

/** Whether a ServiceRequest asks for mutual aid: a use case of BaRS named in its category. [FEED-78] */
export function hasMutualAid(resource: Json): boolean {
  return objects(resource['category']).some((concept) =>
    objects(concept['coding']).some(
      ({ system, code }) =>
        system === FHIR_SYSTEMS.useCase && typeof code === 'string' && /mutualaid/i.test(code),
    ),
  )
}

/** Whether a system is that of ODS codes; examples of BaRS spell it with a small `id`. */
export function isOdsSystem(system: unknown): boolean {
  return typeof system === 'string' && ODS_SYSTEMS.has(system.toLowerCase())
}

const ODS_SYSTEMS: ReadonlySet<string> = new Set(
  [FHIR_SYSTEMS.site, FHIR_SYSTEMS.organisation].map((system) => system.toLowerCase()),
)

/** A reference without the version it may name. */
export function plainReference(reference: unknown): string | null {
  if (typeof reference !== 'string' || reference === '') return null
  const history = reference.indexOf('/_history/')
  return history === -1 ? reference : reference.slice(0, history)
}

function removal(url: unknown): SeenEntry {
  const named = typeof url === 'string' ? REMOVAL.exec(url)?.[1] : undefined
  if (named === undefined) return { kind: 'broken', problem: 'method' }
  try {
    return { kind: 'removal', localId: decodeURIComponent(named) }
  } catch {
    return { kind: 'broken', problem: 'method' }
  }
}

function keysOf(fullUrl: unknown, type: string, id: unknown): string[] {
  const keys = new Set<string>()
  const url = plainReference(fullUrl)
  if (url !== null) keys.add(url)
  if (typeof id === 'string' && id !== '') keys.add(`${type}/${id}`)
  return [...keys]
}

function linksOf(type: string, resource: Json): Link[] {
  const links: Link[] = []
  const add = (name: string, value: unknown): void => {
    const reference = isObject(value) ? plainReference(value['reference']) : null
    if (reference === null || reference.startsWith('#')) return
    const element = `${type}.${name}`
    links.push({ element, reference, needed: NEEDED.has(element) })
  }
  for (const element of LINKS[type] ?? []) {
    for (const value of oneOrMany(resource[element])) add(element, value)
  }
  for (const diagnosis of objects(resource['diagnosis'])) {
    add('diagnosis.condition', diagnosis['condition'])
  }
  return links
}

function placesOf(resource: Json): string[] {
  const said = [
    resource['requester'],
    ...oneOrMany(resource['performer']),
    ...objects(resource['location']).map((place) => place['location']),
    ...objects(resource['participant']).map((one) => one['actor']),
  ]
  return said.flatMap((value) => {
    const reference = isObject(value) ? plainReference(value['reference']) : null
    return reference === null ? [] : [reference]
  })
}

function subjectOf(resource: Json): string | null {
  for (const element of SUBJECTS) {
    const value = resource[element]
    if (!isObject(value)) continue
    const reference = plainReference(value['reference'])
    if (reference !== null && !reference.startsWith('#')) return reference
  }
  return null
}

/** The members of a Patient that are read; an address with its streets need not be held. */
function compactPatient(patient: Json): string {
  const { resourceType, identifier, name, birthDate, gender, extension } = patient
  const address = Array.isArray(patient['address'])
    ? objects(patient['address']).map(({ use, postalCode }) => ({ use, postalCode }))
    : patient['address']
  return JSON.stringify({ resourceType, identifier, name, birthDate, gender, extension, address })
}

/** The ODS code of a site or an organisation; '' where it has none. */
function odsCode(place: Json): string {
  const found = objects(place['identifier']).find(({ system }) => isOdsSystem(system))
  return typeof found?.['value'] === 'string' ? found['value'] : ''
}

function oneOrMany(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function isObject(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
