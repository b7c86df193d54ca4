import { FHIR_JSON } from '../../../shared/fhir.ts'
import { Refusal } from '../../../shared/problem.ts'
import { knownCharset } from './encoding.ts'
import type { FeedFormat } from './format.ts'
import { fhir } from './fhir.ts'
import { hl7 } from './hl7.ts'
import { json, ndjson } from './json.ts'
import { ncwtmdsCsv } from './ncwtmds-csv.ts'
import { ncwtmdsXml } from './ncwtmds-xml.ts'
import { ptlCsv } from './ptl-csv.ts'

/** Every format a trust can push. A new one is a file here and a line in this table. [FEED-1] */
export const FORMATS = {
  ncwtmds: ncwtmdsCsv,
  ptl: ptlCsv,
  json,
  ndjson,
  xml: ncwtmdsXml,
  fhir,
  hl7,
} as const

export type FormatName = keyof typeof FORMATS

/** A format by the name that stands in its deliveries; undefined for one that is gone. */
export function formatNamed(name: string): FeedFormat | undefined {
  return Object.values<FeedFormat>(FORMATS).find((format) => format.name === name)
}

const CSV_PROFILES: ReadonlyMap<string, FeedFormat> = new Map([
  ['ncwtmds', ncwtmdsCsv],
  ['ptl', ptlCsv],
])
const BY_TYPE: ReadonlyMap<string, FeedFormat> = new Map([
  ['application/json', json],
  ['application/x-ndjson', ndjson],
  ['application/ndjson', ndjson],
  ['application/jsonl', ndjson],
  ['application/xml', ncwtmdsXml],
  ['text/xml', ncwtmdsXml],
  ['application/hl7-v2', hl7],
  ['x-application/hl7-v2+er7', hl7],
  [FHIR_JSON, fhir],
])
/** Every content type a delivery may have. */
export const DELIVERY_TYPES: string[] = ['text/csv', ...BY_TYPE.keys()]
const TAKEN =
  'text/csv; profile=ncwtmds, text/csv; profile=ptl, application/json, application/x-ndjson, application/xml, ' +
  'application/fhir+json, application/hl7-v2'

/**
 * The format a body is in, and its charset.
 * @param profile of the query; the content type may name it instead
 * @throws Refusal `unknown-content-type` naming those taken
 */
export function chooseFormat(
  contentType: string | undefined,
  profile: string | undefined,
): { readonly format: FeedFormat; readonly charset: string | null } {
  const [type = '', ...rest] = (contentType ?? '').split(';').map((part) => part.trim())
  const parameters = new Map(rest.map(parameter))
  const charset = parameters.get('charset') ?? null
  if (charset !== null && !knownCharset(charset)) {
    throw new Refusal('unknown-content-type', 'The charset is not known; send UTF-8.')
  }
  const media = type.toLowerCase()
  if (media !== 'text/csv') {
    const format = BY_TYPE.get(media)
    if (format !== undefined) return { format, charset }
    throw new Refusal(
      'unknown-content-type',
      `This content type is not taken. Send one of ${TAKEN}.`,
    )
  }
  const named = profile ?? parameters.get('profile')
  const format = named === undefined ? undefined : CSV_PROFILES.get(named)
  if (format !== undefined) return { format, charset }
  throw new Refusal(
    'unknown-content-type',
    'CSV wants a profile: ncwtmds (national, 54 columns, no header) or ptl (with header). Add ?profile= or ;profile=.',
  )
}

function parameter(text: string): [string, string] {
  const equals = text.indexOf('=')
  const value = text.slice(equals + 1).trim()
  return [text.slice(0, equals).trim().toLowerCase(), value.replace(/^"(.*)"$/, '$1').toLowerCase()]
}
