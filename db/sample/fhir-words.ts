import type { CodeableConcept, Extension, Reference, Resource } from '@medplum/fhirtypes'
import { FHIR_SYSTEMS } from '../../shared/fhir.ts'

/*
 * What the resources of the sample are put together from: a code, a reference by code, a member that may be absent.
 */

export function coded(url: string, system: string, code: string): Extension {
  return { url, valueCodeableConcept: concept(system, code) }
}

export function concept(system: string, code: string): CodeableConcept {
  return { coding: [{ system, code }] }
}

export function organisation<T extends Resource>(code: string): Reference<T> {
  return { identifier: { system: FHIR_SYSTEMS.organisation, value: code } }
}

export function site<T extends Resource>(code: string): Reference<T> {
  return { identifier: { system: FHIR_SYSTEMS.site, value: code } }
}

/** A member, where there is something to put in it. */
export function given<K extends string, V>(
  name: K,
  value: V | undefined,
): { readonly [Name in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [Name in K]?: V }
}
