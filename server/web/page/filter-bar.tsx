import type { FacetCounts, ListFilter } from '../../../shared/list.ts'
import { PRIORITY_SCALES } from '../../../shared/vocabulary.ts'
import { useFetched } from './fetched.ts'
import { FILTER_NAMES, filterQuery, valueWords } from './list-filter.ts'
import type { FilterName } from './list-filter.ts'
import { address, go } from './router.ts'
import { mayExport, mayReadText } from './may.ts'
import { useSession } from './session.ts'
import type { Person } from './may.ts'
import type { Alliance } from './session.ts'
import { useAtMostEvery } from './settled.ts'
import { number } from './words.ts'

const LABELS: Readonly<Record<FilterName, string>> = {
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
const COUNTS_EVERY_MS = 5_000

/** What of the list is shown. Each choice says how many it would leave; choices stand in the address, the text does not. */
export function FilterBar(props: {
  readonly filter: ListFilter
  readonly text: string
  readonly onText: (text: string) => void
  readonly query: ReadonlyMap<string, string>
  /** Moves when the list changed and the counts may be old. */
  readonly version: number
  /** Moves when this person has looked. */
  readonly looks: string
}) {
  const { filter, text, onText, query } = props
  const { alliance, person } = useSession()
  const version = useAtMostEvery(props.version, COUNTS_EVERY_MS)
  const { data: facets } = useFetched<FacetCounts>(
    `/api/list/facets?${filterQuery(filter)}`,
    `${version} ${props.looks}`,
  )

  function choose(name: FilterName, value: string): void {
    go(address('/list', { ...Object.fromEntries(query), [name]: value, page: '' }))
  }
  function clear(): void {
    onText('')
    go('/list')
  }
  const isFiltered = Object.keys(filter).length > 0 || text !== ''

  return (
    <form class="ptl-filters" role="search" onSubmit={(event) => event.preventDefault()}>
      {FILTER_NAMES.filter((name) => isOffered(name, person)).map((name) => (
        <div class="ptl-filter" key={name}>
          <label for={`filter-${name}`}>{LABELS[name]}</label>
          <select
            id={`filter-${name}`}
            class="nhsuk-select"
            value={filter[name] ?? ''}
            onChange={(event) => choose(name, event.currentTarget.value)}
          >
            <option value="">All</option>
            {options(name, alliance, facets?.[name] ?? {}, filter[name]).map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
        </div>
      ))}
      <div class="ptl-filter">
        <label for="filter-text">Find in the list</label>
        <input
          id="filter-text"
          class="nhsuk-input"
          type="search"
          maxLength={100}
          autocomplete="off"
          value={text}
          onInput={(event) => {
            onText(event.currentTarget.value)
            if (query.has('page')) {
              go(address('/list', { ...Object.fromEntries(query), page: '' }), { replace: true })
            }
          }}
        />
      </div>
      <div class="ptl-filter ptl-filter--links">
        {isFiltered && (
          <button type="button" class="ptl-link" onClick={clear}>
            Clear filters
          </button>
        )}
        {mayExport(person) && (
          <>
            <a href={`/api/list/export.csv?${filterQuery(filter)}`} download>
              Export CSV
            </a>
            <a href={`/api/list/export.xlsx?${filterQuery(filter)}`} download>
              Excel
            </a>
          </>
        )}
        <button type="button" class="ptl-link" onClick={() => window.print()}>
          Print
        </button>
      </div>
    </form>
  )
}

/** Choices that would leave somebody, and the one that is chosen whether or not it does. */
function options(
  name: FilterName,
  alliance: Alliance,
  counts: Readonly<Record<string, number>>,
  chosen: string | undefined,
): { value: string; label: string }[] {
  const fixed =
    name === 'trust'
      ? Object.fromEntries(alliance.trusts.map((trust) => [trust.code, trust.name]))
      : valueWords(name)
  const words =
    fixed ?? Object.fromEntries(Object.keys(counts).map((value) => [value, wordsOf(name, value)]))
  const known =
    chosen === undefined || chosen in words ? words : { ...words, [chosen]: wordsOf(name, chosen) }
  return Object.entries(known)
    .filter(([value]) => (counts[value] ?? 0) > 0 || value === chosen)
    .map(([value, label]) => ({ value, label: `${label} (${number(counts[value] ?? 0)})` }))
}

/** A clinical code is told with its scale: P2 of surgery is not D2 of diagnostics. */
function wordsOf(name: FilterName, value: string): string {
  const [scale = '', code = ''] = value.split(':')
  if (name !== 'code') return value
  const words =
    scale in PRIORITY_SCALES ? PRIORITY_SCALES[scale as keyof typeof PRIORITY_SCALES] : scale
  return `${code}, ${words.replace(/ \(.*/, '')}`
}

/** Who reads no free text is not told owners. */
function isOffered(name: FilterName, person: Person): boolean {
  return name !== 'owner' || mayReadText(person)
}
