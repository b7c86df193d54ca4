import { z } from 'zod'

/*
 * What is read of each resource, and no more: a member that is not named here may hold anything. That each schema takes
 * every resource of its FHIR type is held by a test.
 */

const text = z.string().optional()
const coding = z.object({ system: text, code: text })
const concept = z.object({ coding: z.array(coding).optional(), text })
const period = z.object({ start: text, end: text })
const plainIdentifier = z.object({ system: text, value: text })
const reference = z.object({
  reference: text,
  display: text,
  identifier: plainIdentifier.optional(),
})
const value = {
  url: text,
  valueCode: text,
  valueString: text,
  valueInteger: z.number().optional(),
  valueDecimal: z.number().optional(),
  valueBoolean: z.boolean().optional(),
  valueDate: text,
  valueCodeableConcept: concept.optional(),
}
const extension = z.object({ ...value, extension: z.array(z.object(value)).optional() })
const extensions = z.array(extension).optional()
const identifier = z.object({
  use: text,
  type: concept.optional(),
  system: text,
  value: text,
  assigner: reference.optional(),
  extension: extensions,
})
const identifiers = z.array(identifier).optional()
/** A contained resource: looked at only where something refers to it. */
const contained = z.array(z.unknown()).optional()

export const patientSchema = z.object({
  resourceType: z.literal('Patient'),
  identifier: identifiers,
  name: z
    .array(z.object({ use: text, text, family: text, given: z.array(z.string()).optional() }))
    .optional(),
  birthDate: text,
  gender: text,
  address: z.array(z.object({ use: text, postalCode: text })).optional(),
  extension: extensions,
})

export const conditionSchema = z.object({
  resourceType: z.literal('Condition'),
  id: text,
  code: concept.optional(),
})

export const episodeSchema = z.object({
  resourceType: z.literal('EpisodeOfCare'),
  id: text,
  identifier: identifiers,
  status: text,
  type: z.array(concept).optional(),
  diagnosis: z.array(z.object({ condition: reference.optional() })).optional(),
  patient: reference.optional(),
  period: period.optional(),
  extension: extensions,
  contained,
})

export const requestSchema = z.object({
  resourceType: z.literal('ServiceRequest'),
  id: text,
  identifier: identifiers,
  status: text,
  intent: text,
  category: z.array(concept).optional(),
  code: concept.optional(),
  subject: reference.optional(),
  authoredOn: text,
  requester: reference.optional(),
  performer: z.array(reference).optional(),
  extension: extensions,
  contained,
})

export const encounterSchema = z.object({
  resourceType: z.literal('Encounter'),
  status: text,
  type: z.array(concept).optional(),
  period: period.optional(),
  location: z.array(z.object({ location: reference.optional() })).optional(),
  contained,
})

export const appointmentSchema = z.object({
  resourceType: z.literal('Appointment'),
  status: text,
  serviceType: z.array(concept).optional(),
  start: text,
  participant: z.array(z.object({ actor: reference.optional() })).optional(),
  contained,
})

export const taskSchema = z.object({
  resourceType: z.literal('Task'),
  status: text,
  description: text,
  priority: text,
  owner: reference.optional(),
  restriction: z.object({ period: period.optional() }).optional(),
  note: z.array(z.object({ text, time: text })).optional(),
})

/** A Slot that is not as FHIR says is read as one that says nothing. */
export const slotSchema = z.object({
  status: text,
  serviceType: z.array(concept).optional(),
  schedule: reference.optional(),
  start: text,
})

export const scheduleSchema = z.object({
  serviceType: z.array(concept).optional(),
  actor: z.array(reference).optional(),
  extension: extensions,
})

export const pathwayResource = z.discriminatedUnion('resourceType', [
  episodeSchema,
  requestSchema,
  encounterSchema,
  appointmentSchema,
  taskSchema,
  conditionSchema,
])
export type PathwayResource = z.infer<typeof pathwayResource>

export type ReadPatient = z.infer<typeof patientSchema>
export type ReadEpisode = z.infer<typeof episodeSchema>
export type ReadRequest = z.infer<typeof requestSchema>
export type ReadEncounter = z.infer<typeof encounterSchema>
export type ReadAppointment = z.infer<typeof appointmentSchema>
export type ReadTask = z.infer<typeof taskSchema>
export type ReadCondition = z.infer<typeof conditionSchema>
export type ReadReference = z.infer<typeof reference>
export type ReadIdentifier = z.infer<typeof identifier>
export type ReadExtension = z.infer<typeof extension>
export type ReadConcept = z.infer<typeof concept>
