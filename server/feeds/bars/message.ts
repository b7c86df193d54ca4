import { z } from 'zod'
import { FHIR_SYSTEMS } from '../../../shared/fhir.ts'
import { Refusal } from '../../../shared/problem.ts'
import { hasMutualAid, isOdsSystem, plainReference } from '../formats/fhir-entry.ts'
import { requestSchema } from '../formats/fhir-resources.ts'

/** What a BaRS message asks of us. */
export type BarsMessage =
  | { readonly kind: 'facts' }
  | (AboutAid & {
      readonly kind: 'ask' | 'withdraw'
      /** Identifiers of the request: one of them is the record key or the pathway identifier. */
      readonly identifiers: readonly string[]
      /** ODS code of the trust that is asked; null when none is named. */
      readonly toTrust: string | null
    })
  | (AboutAid & { readonly kind: 'reject' | 'accept'; readonly answers: string })

interface AboutAid {
  /** What an answer may call this message. */
  readonly messageIds: readonly string[]
}

const text = z.string().max(200).optional()
const target = z.object({
  reference: text,
  identifier: z.object({ system: text, value: text }).optional(),
})
const headerSchema = z.object({
  id: text,
  eventCoding: z.object({ system: text, code: text }).optional(),
  destination: z.array(z.object({ receiver: target.optional() })).optional(),
  response: z.object({ identifier: text }).optional(),
})
const organisationSchema = z.object({
  id: text,
  identifier: z.array(z.object({ system: text, value: text })).optional(),
})
const messageSchema = z.object({
  resourceType: z.literal('Bundle'),
  type: z.literal('message'),
  id: text,
  entry: z
    .array(
      z.object({ fullUrl: text, resource: z.looseObject({ resourceType: z.string().max(60) }) }),
    )
    .min(1)
    .max(500),
})
type Message = z.infer<typeof messageSchema>

const ENDED: ReadonlySet<string> = new Set(['revoked', 'entered-in-error'])
const MOST_IDENTIFIERS = 10

/**
 * Reads a message bundle of BaRS as far as mutual aid goes. [FEED-78, FEED-79]
 * @param body JSON, already parsed
 * @throws Refusal `bad-request` for what is no message, or is about mutual aid and lacks what is wanted
 */
export function readMessage(body: unknown): BarsMessage {
  const parsed = messageSchema.safeParse(body)
  if (!parsed.success) throw wrong('The body is no FHIR Bundle of type message')
  const message = parsed.data
  const [first] = message.entry
  if (first?.resource.resourceType !== 'MessageHeader') {
    throw wrong('The first resource of a message is its MessageHeader')
  }
  const header = headerSchema.safeParse(first.resource)
  const event = header.data?.eventCoding
  if (header.data === undefined || event?.system !== FHIR_SYSTEMS.messageEvent) {
    throw wrong(`MessageHeader.eventCoding wants a code of ${FHIR_SYSTEMS.messageEvent}`)
  }
  const aid = message.entry.find(
    ({ resource }) => resource.resourceType === 'ServiceRequest' && hasMutualAid(resource),
  )
  if (aid === undefined) return { kind: 'facts' }
  const request = requestSchema.safeParse(aid.resource)
  if (!request.success) throw wrong('The ServiceRequest is not of the form FHIR R4 says')
  const ended = ENDED.has(request.data.status ?? '')
  const messageIds = [header.data.id, uuidOf(first.fullUrl), message.id].filter(
    (id): id is string => id !== undefined,
  )
  if (event.code === 'servicerequest-response') {
    const answers = uuidOf(header.data.response?.identifier)
    if (answers === undefined) throw wrong('MessageHeader.response.identifier names the request')
    return { kind: ended ? 'reject' : 'accept', messageIds, answers }
  }
  if (event.code !== 'servicerequest-request') {
    throw wrong('Mutual aid is a servicerequest-request or a servicerequest-response')
  }
  if (messageIds.length === 0) throw wrong('MessageHeader.id or its fullUrl names the message')
  const identifiers = (request.data.identifier ?? []).flatMap(({ value }) => value ?? [])
  return {
    kind: ended ? 'withdraw' : 'ask',
    messageIds,
    identifiers: identifiers.slice(0, MOST_IDENTIFIERS),
    toTrust: receiverOf(message, header.data.destination?.[0]?.receiver),
  }
}

function receiverOf(message: Message, receiver: z.infer<typeof target> | undefined): string | null {
  if (receiver?.identifier?.value !== undefined) return receiver.identifier.value
  const reference = plainReference(receiver?.reference)
  if (reference === null) return null
  for (const { fullUrl, resource } of message.entry) {
    if (resource.resourceType !== 'Organization') continue
    const organisation = organisationSchema.safeParse(resource).data
    if (fullUrl !== reference && `Organization/${organisation?.id ?? ''}` !== reference) continue
    return organisation?.identifier?.find(({ system }) => isOdsSystem(system))?.value ?? null
  }
  return null
}

function uuidOf(id: string | undefined): string | undefined {
  return id === '' ? undefined : id?.replace(/^urn:uuid:/, '')
}

function wrong(what: string): Refusal {
  return new Refusal('bad-request', `${what}. Hold the message against its BaRS MessageDefinition.`)
}
