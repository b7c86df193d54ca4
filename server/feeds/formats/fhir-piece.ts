import { z } from 'zod'
import { FHIR_SYSTEMS } from '../../../shared/fhir.ts'

/** What a refused pathway was gathered from: see `fhir-gather.ts`. */
const gathered = z.object({
  codes: z.record(z.string(), z.string()).default({}),
  patient: z.unknown().optional(),
  entries: z
    .array(z.object({ fullUrl: z.unknown().optional(), resource: z.unknown().optional() }))
    .default([]),
})

/** Longer than this, it is shown without line ends. */
const LONGEST_LAID_OUT = 262_144
const SUBJECTS = ['patient', 'subject', 'for'] as const

/**
 * One gathered pathway as a Bundle that brings it and nothing else, for somebody to correct and send again. An entry that
 * could not be read at all leaves an empty one.
 */
export function bundleOf(text: string): string {
  const { codes, patient, entries } = gathered.parse(JSON.parse(text))
  const places = Object.entries(codes).map(([fullUrl, value]) => ({
    fullUrl,
    resource: { resourceType: 'Location', identifier: [{ system: FHIR_SYSTEMS.site, value }] },
  }))
  const people = patient === undefined ? [] : [{ fullUrl: subjectOf(entries), resource: patient }]
  const bundle = {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [
      ...people,
      ...places,
      ...entries.map(({ fullUrl, resource }) => ({ fullUrl, resource })),
    ],
  }
  const laidOut = JSON.stringify(bundle, null, 2)
  return laidOut.length <= LONGEST_LAID_OUT ? laidOut : JSON.stringify(bundle)
}

/** By what the resources refer to the patient, whose own address was not kept. */
function subjectOf(entries: readonly { readonly resource?: unknown }[]): string | undefined {
  for (const { resource } of entries) {
    if (!isObject(resource)) continue
    for (const name of SUBJECTS) {
      const said = resource[name]
      if (isObject(said) && typeof said['reference'] === 'string') return said['reference']
    }
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
