import { useState } from 'preact/hooks'
import type { FacetCounts, ListFilter } from '../../../../shared/list.ts'
import { useFetched } from '../wire/fetched.ts'
import { FILTER_LABELS, filterValueWords } from './filter-words.ts'
import { FILTER_NAMES, filterQuery, valueWords } from './list-filter.ts'
import type { FilterName } from './list-filter.ts'
import { address, go } from '../router.ts'
import { mayExport, mayReadText } from '../session/may.ts'
import { useSession } from '../session/session.ts'
import type { Person } from '../session/may.ts'
import type { Alliance } from '../session/session.ts'
import { useAtMostEvery } from '../hooks/settled.ts'
import { number } from '../words.ts'

/** Asked for most, so there even where the window is small. */
const AT_HAND = ['tumour', 'step', 'band'] as const satisfies readonly FilterName[]
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
  // of use where the window is small: eleven choices would fill it before the first patient
  const [isOpen, setOpen] = useState(false)
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
  const chosenCount = FILTER_NAMES.filter((name) => filter[name] !== undefined).length

  return (
    <form
      class={`ptl-filters ptl-filters--list${isOpen ? ' ptl-filters--open' : ''}`}
      role="search"
      onSubmit={(event) => event.preventDefault()}
    >
      <button
        type="button"
        class="ptl-link ptl-filters__toggle"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? 'Fewer filters' : 'More filters'}
        {chosenCount > 0 && ` (${chosenCount} chosen)`}
      </button>
      {FILTER_NAMES.filter((name) => isOffered(name, person)).map((name) => (
        <div class={choiceClass(name, filter[name])} key={name}>
          <label for={`filter-${name}`}>{FILTER_LABELS[name]}</label>
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

/** What a small window hides until it is asked for: never what is chosen. */
function choiceClass(name: FilterName, chosen: string | undefined): string {
  const isFirst = (AT_HAND as readonly string[]).includes(name)
  const isHidden = chosen === undefined
  return `ptl-filter${isHidden ? ' ptl-filter--choice' : ''}${isHidden && !isFirst ? ' ptl-filter--more' : ''}`
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
      ? alliance.trusts.map(({ code }) => code)
      : Object.keys(valueWords(name) ?? counts)
  const known = [...new Set([...fixed, ...(chosen === undefined ? [] : [chosen])])]
  return known
    .filter((value) => (counts[value] ?? 0) > 0 || value === chosen)
    .map((value) => ({
      value,
      label: `${filterValueWords(name, value, alliance)} (${number(counts[value] ?? 0)})`,
    }))
}

/** Who reads no free text is not told owners. */
function isOffered(name: FilterName, person: Person): boolean {
  return name !== 'owner' || mayReadText(person)
}
