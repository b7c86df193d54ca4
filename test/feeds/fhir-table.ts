import type { FhirHome } from '../../shared/fhir.ts'
import { FACT_EXTENSION, FHIR_EVENTS, FHIR_MAP } from '../../shared/fhir.ts'

/** FHIR_MAP as the table of PROTOCOL.md: a line a fact. */
export function fhirTable(): string {
  const lines = Object.entries(FHIR_MAP).map(
    ([field, home]) => `| \`${field}\` | ${elementOf(field, home)} |`,
  )
  return ['| fact | element |', '|---|---|', ...lines].join('\n')
}

function elementOf(field: string, home: FhirHome): string {
  switch (home.kind) {
    case 'element':
      return `${home.resource}: ${home.element}`
    case 'event': {
      const part = home.part === 'date' ? 'period.start' : 'location[0].location (ods-site-code)'
      return `Encounter[type ${FHIR_EVENTS[home.event]}]: ${part}`
    }
    case 'extension':
      return `EpisodeOfCare (or referral): extension[${FACT_EXTENSION}${field}].${home.value === 'nested' ? `extension: ${NESTED[field] ?? ''}` : home.value}`
    default: {
      const never: never = home
      return never
    }
  }
}

const NESTED: Readonly<Record<string, string>> = {
  pauses: 'from, to (valueDate), reason (valueCode); repeated',
  priority: 'scale, code (valueCode), setOn (valueDate)',
}
