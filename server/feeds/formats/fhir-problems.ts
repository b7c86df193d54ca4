import type { z } from 'zod'
import type { Issue } from '../../../shared/delivery.ts'
import type { Ambiguity } from './fhir-pathway.ts'
import { rowIssue } from './format.ts'
import { plainKey } from './json-split.ts'

type Said = Pick<Issue, 'field' | 'code' | 'message' | 'fix'> & { readonly misshapen: boolean }

/** What can be wrong with an entry, or with all that hangs together with it. */
export const PROBLEMS: Readonly<Record<string, Said>> & { readonly noResource: Said } = {
  notJson: {
    field: '',
    code: 'FEED-4',
    message: 'The entry is not valid JSON.',
    fix: 'Send each entry as {"fullUrl": ..., "resource": {...}}.',
    misshapen: true,
  },
  keyTwice: {
    field: '',
    code: 'FEED-6',
    message: 'An object of the entry says a key twice, and which is meant cannot be told.',
    fix: 'Send each element once; what repeats goes in an array.',
    misshapen: false,
  },
  noResource: {
    field: 'resource',
    code: 'FEED-4',
    message: 'The entry holds no resource.',
    fix: 'Send each entry as {"fullUrl": ..., "resource": {...}}.',
    misshapen: true,
  },
  noType: {
    field: 'resourceType',
    code: 'FEED-4',
    message: 'The resource does not say its type.',
    fix: 'Send resourceType, such as "EpisodeOfCare".',
    misshapen: true,
  },
  method: {
    field: 'request.method',
    code: 'FEED-75',
    message:
      'Of requests in a transaction, POST and PUT of a resource are taken, and DELETE by record key.',
    fix: 'To remove a pathway send DELETE EpisodeOfCare?identifier=<system>|<record key>.',
    misshapen: false,
  },
  tooLarge: {
    field: '',
    code: 'FEED-72',
    message: 'The resources that refer to one another here are larger than 256 KB together.',
    fix: 'Send of each pathway the resources of the table in shared/PROTOCOL.md, and let no two refer to each other.',
    misshapen: false,
  },
  twoPatients: {
    field: 'patient',
    code: 'FEED-72',
    message: 'The resources of this pathway name two patients.',
    fix: 'Let all resources of a pathway refer to one Patient, and pathways not to one another.',
    misshapen: false,
  },
}

/** An element of another kind than FHIR R4 says. Names the element and never its value. */
export function kindIssue(rowNumber: number, type: string, error: z.ZodError): Issue {
  const path = (error.issues[0]?.path ?? []).map((part) =>
    typeof part === 'number' ? `[${part}]` : `.${plainKey(String(part))}`,
  )
  return rowIssue(rowNumber, '', {
    field: `${plainKey(type)}${path.join('')}`,
    code: 'FEED-4',
    message: `${plainKey(type)}${path.join('')} is not of the kind FHIR R4 says.`,
    fix: 'Hold the resource against the FHIR R4 definition of its type.',
  })
}

/** A resource of no pathway: an entry is a whole pathway, so a part of one alone would wipe out the rest. [FEED-71] */
export function strayIssue(rowNumber: number, type: string, lacks: readonly string[]): Issue {
  const dangling = lacks.length === 0 ? '' : ` ${lacks.join(', ')} leads nowhere in the Bundle.`
  return rowIssue(rowNumber, '', {
    field: plainKey(type),
    code: 'FEED-71',
    message: `This ${plainKey(type)} belongs to no EpisodeOfCare or referral of this Bundle.${dangling}`,
    fix: 'Send the whole pathway: its EpisodeOfCare (or referral ServiceRequest) and what refers to it.',
  })
}

export function lacksIssue(rowNumber: number, recordKey: string, element: string): Issue {
  return rowIssue(rowNumber, recordKey, {
    field: element,
    code: 'FEED-72',
    message: `What ${element} refers to is not in the Bundle.`,
    fix: 'Send the resource in the same Bundle, with the fullUrl or the type and id that the reference names.',
  })
}

export function ambiguousIssue(rowNumber: number, recordKey: string, found: Ambiguity): Issue {
  return rowIssue(rowNumber, recordKey, {
    field: found.resource,
    code: 'FEED-71',
    message: `The pathway has more than one ${found.resource} (${found.what}); which one counts cannot be told.`,
    fix: 'Send the one that counts; mark a wrong one entered-in-error.',
  })
}
