import { londonDate } from '../../../shared/date.ts'
import type { FhirEvent } from '../../../shared/fhir.ts'
import {
  FACT_EXTENSION,
  FHIR_EXTENSIONS,
  FHIR_MAP,
  FHIR_SYSTEMS,
  UBRN_ISSUER,
} from '../../../shared/fhir.ts'
import type { FieldName } from './facts.ts'
import { cellValue } from './facts.ts'
import type { Pathway } from './fhir-pathway.ts'
import { codeIn, odsCodeOf } from './fhir-pathway.ts'
import type { ReadExtension, ReadIdentifier, ReadPatient } from './fhir-resources.ts'

/** The value an element says of a fact, not yet checked; undefined where it says nothing. [FEED-73] */
export function elementValue(field: FieldName, pathway: Pathway): unknown {
  const home = FHIR_MAP[field]
  if (home.kind === 'event') return eventPart(pathway, home.event, home.part)
  if (home.kind === 'extension') return undefined
  return ELEMENTS[field]?.(pathway)
}

export type RecordKey =
  | { readonly ok: true; readonly key: string }
  | { readonly ok: false; readonly problem: 'none' | 'several' }

/** The key of the pathway's record: the identifier of use `usual`, or the only one of the trust's own. [FEED-71] */
export function recordKeyOf(pathway: Pathway): RecordKey {
  const own = (anchorOf(pathway)?.identifier ?? []).filter(
    ({ system, value }) => value !== undefined && !NOT_A_KEY.has(system ?? ''),
  )
  const usual = own.filter(({ use }) => use === 'usual')
  const [only, ...others] = usual.length > 0 ? usual : own
  if (only?.value === undefined) return { ok: false, problem: 'none' }
  return others.length > 0 ? { ok: false, problem: 'several' } : { ok: true, key: only.value }
}

/** The resource that stands for the pathway: its EpisodeOfCare, else its referral. */
export function anchorOf(pathway: Pathway) {
  return pathway.episode ?? pathway.referral
}

/** Facts and other things said by extension, or what is wrong with one. */
export type ExtensionValue =
  | { readonly ok: true; readonly field: FieldName; readonly value: unknown }
  | { readonly ok: false; readonly name: string; readonly problem: 'unknown' | 'twice' | 'value' }

/** The facts that stand in extensions of the pathway, in the order in which they are said. */
export function extensionValues(pathway: Pathway): ExtensionValue[] {
  const said = new Map<string, ReadExtension[]>()
  for (const extension of anchorOf(pathway)?.extension ?? []) {
    if (extension.url?.startsWith(FACT_EXTENSION) !== true) continue
    const name = extension.url.slice(FACT_EXTENSION.length)
    said.set(name, [...(said.get(name) ?? []), extension])
  }
  return [...said].map(([name, extensions]) => extensionValue(name, extensions))
}

/**
 * A date or an instant as the calendar date in London. What has a time and no zone, or is no whole date, stays as it
 * is and is refused by its field. [FEED-74]
 */
export function londonDateOf(text: string | undefined): string | undefined {
  if (text === undefined || !ZONED.test(text)) return text
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? text : londonDate(atMs)
}

const ZONED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/
const NOT_A_KEY: ReadonlySet<string> = new Set([FHIR_SYSTEMS.pathway, FHIR_SYSTEMS.ubrn])
const URGENT: ReadonlySet<unknown> = new Set(['urgent', 'asap', 'stat'])
/** Words of UK Core for the codes of the dictionary, which some send instead. [M] */
const NUMBER_STATUS: ReadonlyMap<string, string> = new Map([
  ['number-present-and-verified', '01'],
  ['number-present-but-not-traced', '02'],
  ['trace-required', '03'],
  ['trace-in-progress', '06'],
])

const ELEMENTS: Readonly<Partial<Record<FieldName, (pathway: Pathway) => unknown>>> = {
  localId: (pathway) => {
    const found = recordKeyOf(pathway)
    return found.ok ? found.key : undefined
  },
  nhsNumber: (pathway) => {
    const number = nhsNumberIdentifier(pathway)?.value
    return number === undefined ? undefined : cellValue('nhsNumber', number)
  },
  nhsNumberStatus: ({ patient }) => {
    const status = codeOf(
      identifierOf(patient, FHIR_SYSTEMS.nhsNumber)?.extension,
      FHIR_EXTENSIONS.numberStatus,
    )
    return NUMBER_STATUS.get(status ?? '') ?? status
  },
  name: ({ patient }) => nameOf(patient),
  dateOfBirth: ({ patient }) => patient?.birthDate,
  hospitalNumber: ({ patient }) =>
    patient?.identifier?.find(
      ({ type }) => codeIn([type ?? {}], FHIR_SYSTEMS.identifierType) === 'MR',
    )?.value,
  postcode: ({ patient }) => preferred(patient?.address, 'home')?.postalCode,
  sex: ({ patient }) => (patient?.gender === 'unknown' ? undefined : patient?.gender),
  ethnicity: ({ patient }) => codeOf(patient?.extension, FHIR_EXTENSIONS.ethnicity),
  ppid: (pathway) => ppidOf(pathway)?.value ?? ubrnOf(pathway),
  ppidIssuer: (pathway) => {
    const ppid = ppidOf(pathway)
    if (ppid === undefined) return ubrnOf(pathway) === undefined ? undefined : UBRN_ISSUER
    return odsCodeOf(ppid.assigner, undefined, pathway.codes)
  },
  decisionToReferOn: ({ referral }) => londonDateOf(referral?.authoredOn),
  receivedOn: ({ episode }) => londonDateOf(episode?.period?.start),
  closedOn: ({ episode }) => londonDateOf(episode?.period?.end),
  tumour: ({ episode }) => codeIn(episode?.type, FHIR_SYSTEMS.tumour),
  diagnosis: ({ condition }) => {
    const code = codeIn([condition?.code ?? {}], FHIR_SYSTEMS.icd10)
    return code === undefined ? undefined : cellValue('diagnosis', code)
  },
  iptRequestedOn: ({ transfer }) => londonDateOf(transfer?.authoredOn),
  iptReferrer: ({ transfer, codes }) => odsCodeOf(transfer?.requester, transfer?.contained, codes),
  iptReceiver: ({ transfer, codes }) =>
    odsCodeOf(transfer?.performer?.[0], transfer?.contained, codes),
  step: ({ order, booking }) =>
    codeIn([order?.code ?? {}], FHIR_SYSTEMS.step) ??
    codeIn(booking?.serviceType, FHIR_SYSTEMS.step),
  stepRequestedOn: ({ order }) => londonDateOf(order?.authoredOn),
  stepBookedOn: ({ booking }) => londonDateOf(booking?.start),
  stepBookedSite: ({ booking, codes }) => {
    for (const { actor } of booking?.participant ?? []) {
      const code = odsCodeOf(actor, booking?.contained, codes)
      if (code !== undefined) return code
    }
    return undefined
  },
  missedFirstAppointments: ({ missed }) =>
    missed.length === 0
      ? undefined
      : missed.flatMap(({ start }) => londonDateOf(start) ?? []).toSorted(),
  trackingNote: ({ task }) => task?.note?.[0]?.text,
  trackingNoteOn: ({ task }) => londonDateOf(task?.note?.[0]?.time),
  nextAction: ({ task }) => task?.description,
  nextActionOwner: ({ task }) => task?.owner?.display,
  nextActionDueOn: ({ task }) => londonDateOf(task?.restriction?.period?.end),
  escalated: ({ task }) => (task?.priority === undefined ? undefined : URGENT.has(task.priority)),
}

function eventPart(pathway: Pathway, event: FhirEvent, part: 'date' | 'site'): unknown {
  const encounter = pathway.events.get(event)
  if (encounter === undefined) return undefined
  if (part === 'date') return londonDateOf(encounter.period?.start)
  return odsCodeOf(encounter.location?.[0]?.location, encounter.contained, pathway.codes)
}

function extensionValue(name: string, extensions: readonly ReadExtension[]): ExtensionValue {
  const home = Object.hasOwn(FHIR_MAP, name) ? FHIR_MAP[name as FieldName] : undefined
  if (home?.kind !== 'extension') return { ok: false, name, problem: 'unknown' }
  const field = name as FieldName
  const { value } = home
  if (field === 'needs') return { ok: true, field, value: extensions.map((one) => one.valueCode) }
  if (field === 'pauses') return { ok: true, field, value: extensions.map(nested) }
  const [only] = extensions
  if (only === undefined || extensions.length > 1) return { ok: false, name, problem: 'twice' }
  if (value === 'nested') return { ok: true, field, value: nested(only) }
  const said = value === 'valueDecimal' ? (only.valueDecimal ?? only.valueInteger) : only[value]
  return said === undefined
    ? { ok: false, name, problem: 'value' }
    : { ok: true, field, value: said }
}

/** Extensions inside one as members of an object. */
function nested(extension: ReadExtension): Record<string, unknown> {
  return Object.fromEntries(
    (extension.extension ?? []).map((part) => [part.url ?? '', part.valueDate ?? part.valueCode]),
  )
}

function codeOf(extensions: readonly ReadExtension[] | undefined, url: string): string | undefined {
  const found = extensions?.find((one) => one.url === url)
  return found?.valueCodeableConcept?.coding?.[0]?.code
}

function nhsNumberIdentifier(
  pathway: Pathway,
): { readonly value?: string | undefined } | undefined {
  const named = identifierOf(pathway.patient, FHIR_SYSTEMS.nhsNumber)
  if (named !== undefined) return named
  const subject = pathway.episode?.patient ?? pathway.referral?.subject
  return subject?.identifier?.system === FHIR_SYSTEMS.nhsNumber ? subject.identifier : undefined
}

function identifierOf(
  patient: ReadPatient | undefined,
  system: string,
): ReadIdentifier | undefined {
  return patient?.identifier?.find((one) => one.system === system)
}

function ppidOf(pathway: Pathway): ReadIdentifier | undefined {
  return anchorOf(pathway)?.identifier?.find(({ system }) => system === FHIR_SYSTEMS.pathway)
}

function ubrnOf({ referral }: Pathway): string | undefined {
  return referral?.identifier?.find(({ system }) => system === FHIR_SYSTEMS.ubrn)?.value
}

function nameOf(patient: ReadPatient | undefined): string | undefined {
  const name = preferred(patient?.name, 'official')
  if (name?.text !== undefined || name === undefined) return name?.text
  const parts = [name.family, name.given?.join(' ')].filter(
    (part) => part !== undefined && part !== '',
  )
  return parts.length === 0 ? undefined : parts.join(', ')
}

function preferred<T extends { readonly use?: string | undefined }>(
  list: readonly T[] | undefined,
  use: string,
): T | undefined {
  return list?.find((one) => one.use === use) ?? list?.[0]
}
