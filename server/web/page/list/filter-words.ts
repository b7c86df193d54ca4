import type { ListFilter } from '../../../../shared/list.ts'
import { PRIORITY_SCALES } from '../../../../shared/vocabulary.ts'
import { FILTER_NAMES, valueWords } from './list-filter.ts'
import type { FilterName } from './list-filter.ts'
import { trustName } from '../session/session.ts'
import type { Alliance } from '../session/session.ts'

export const FILTER_LABELS: Readonly<Record<FilterName, string>> = {
  trust: 'Trust',
  tumour: 'Tumour group',
  step: 'Step awaited',
  band: 'Days waited',
  route: 'Route',
  code: 'Clinical priority',
  action: 'Next action',
  owner: 'Owner of it',
  escalation: 'Escalation',
  changed: 'Changed',
}

/** A value of a filter in words. A clinical code is told with its scale: P2 of surgery is not D2 of diagnostics. */
export function filterValueWords(name: FilterName, value: string, alliance: Alliance): string {
  if (name === 'trust') return trustName(alliance, value)
  if (name !== 'code') return valueWords(name)?.[value] ?? value
  const [scale = '', code = ''] = value.split(':')
  const words =
    scale in PRIORITY_SCALES ? PRIORITY_SCALES[scale as keyof typeof PRIORITY_SCALES] : scale
  return `${code}, ${words.replace(/ \(.*/, '')}`
}

/** A whole filter in one line, for paper, where the choices are not to be seen. */
export function filterWords(filter: ListFilter, alliance: Alliance): string {
  const chosen = FILTER_NAMES.flatMap((name) => {
    const value = filter[name]
    if (value === undefined) return []
    return [`${FILTER_LABELS[name]}: ${filterValueWords(name, value, alliance)}`]
  })
  const typed = filter.text === undefined ? [] : [`Found by: ${filter.text}`]
  const all = [...chosen, ...typed]
  return all.length === 0 ? 'No filter' : all.join('; ')
}
