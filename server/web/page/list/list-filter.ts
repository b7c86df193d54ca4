import type { ListFilter } from '../../../../shared/list.ts'
import type { ListWindow } from '../../../../shared/protocol.ts'
import { ACTION_STATES, BANDS, ESCALATIONS, ROUTES } from '../../../../shared/vocabulary.ts'
import { STEPS, TUMOURS } from '../../../../shared/vocabulary.ts'

/** Rows to a page. */
export const PAGE_ROWS = 50

/** Parts of the filter that stand in the address; what is typed does not, for it may say who somebody is. */
export const FILTER_NAMES = [
  ...(['trust', 'tumour', 'step', 'band', 'route', 'code'] as const),
  ...(['action', 'owner', 'escalation', 'changed'] as const),
]
export type FilterName = (typeof FILTER_NAMES)[number]

const FIXED = {
  tumour: TUMOURS,
  step: STEPS,
  band: BANDS,
  route: ROUTES,
  action: ACTION_STATES,
  escalation: ESCALATIONS,
  changed: { new: 'Since I last looked' },
} as const
/** What the values of the others look like: trusts, codes and owners are whatever the alliance has. */
const SHAPES: Readonly<Record<Exclude<FilterName, keyof typeof FIXED>, RegExp>> = {
  trust: /^[A-Z0-9]{3,5}$/,
  code: /^[a-z]+:.{1,4}$/i,
  owner: /^.{1,100}$/,
}

/** The words of a filter's values; null where they are not a fixed list. */
export function valueWords(name: FilterName): Readonly<Record<string, string>> | null {
  return isFixed(name) ? FIXED[name] : null
}

function isFixed(name: FilterName): name is keyof typeof FIXED {
  return name in FIXED
}

/** The filter an address and a text ask for; values nobody knows are passed over. */
export function filterOf(query: ReadonlyMap<string, string>, text: string): ListFilter {
  const filter: Record<string, string> = {}
  for (const name of FILTER_NAMES) {
    const value = query.get(name) ?? ''
    const isKnown = isFixed(name) ? value in FIXED[name] : SHAPES[name].test(value)
    if (isKnown) filter[name] = value
  }
  const typed = text.trim().slice(0, 100)
  return typed === '' ? filter : { ...filter, text: typed }
}

/** First page is 1. */
export function pageOf(query: ReadonlyMap<string, string>): number {
  const page = Number(query.get('page') ?? '1')
  return Number.isInteger(page) && page >= 1 ? page : 1
}

/** The same filter as a query string, for the export and the counts: those are asked for, never shown as an address. */
export function filterQuery(filter: ListFilter): string {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given as [string, string][]).toString()
}

export function isSameWindow(held: ListWindow, filter: ListFilter, from: number): boolean {
  const names = [...FILTER_NAMES, 'text'] as const
  return held.from === from && names.every((name) => held.filter[name] === filter[name])
}
