import { useEffect } from 'preact/hooks'
import type { LiveListState } from '../../../../shared/live-state.ts'
import { ROLES } from '../../../../shared/vocabulary.ts'
import { useIdentities } from '../session/identities.ts'
import { FilterBar } from './filter-bar.tsx'
import { filterWords } from './filter-words.ts'
import { filterOf, filterQuery, isSameWindow, PAGE_ROWS, pageOf } from './list-filter.ts'
import { ListTable } from './list-table.tsx'
import { useWatch } from '../wire/live.ts'
import { useLooking } from './looked.ts'
import { MissingFeeds } from '../feeds/missing-feeds.tsx'
import { Pager } from './pager.tsx'
import { SavedFilters } from './saved-filters.tsx'
import { address, go } from '../router.ts'
import { seesAlliance } from '../session/may.ts'
import { useSession } from '../session/session.ts'
import { useAtMostEvery, useSettled } from '../hooks/settled.ts'
import { usePointing } from '../hooks/pointing.ts'
import { PrintedAt } from '../widgets/printed-at.tsx'
import { useSteadyRows } from './steady-rows.ts'
import { useToldList } from './told-list.ts'
import { dateWords, instantWords, many, number, plainName } from '../words.ts'

const TYPING_MS = 250
const GAPS_AGAIN_MS = 30_000

/** The ranked list: one page of it, kept live by the socket. */
export function ListView(props: {
  readonly query: ReadonlyMap<string, string>
  readonly text: string
  readonly onText: (text: string) => void
}) {
  const { query, text, onText } = props
  const { person, identities } = useSession()
  const typed = useSettled(text, TYPING_MS)
  const filter = filterOf(query, typed)
  const page = pageOf(query)
  const from = (page - 1) * PAGE_ROWS
  const filterKey = filterQuery(filter)
  useWatch({ list: { filter, from, count: PAGE_ROWS } }, `${filterKey} ${from}`)

  const list = useToldList(filter, from)
  const gapsVersion = useAtMostEvery(list?.seq ?? 0, GAPS_AGAIN_MS)
  const isOther = list !== null && !isSameWindow(list.window, filter, from)
  const looking = useLooking(list?.seq ?? 0)
  const pointing = usePointing()
  const windowKey = list === null ? '' : JSON.stringify(list.window)
  const steady = useSteadyRows(list?.rows ?? [], windowKey, pointing.isPointing)
  const names = useIdentities(
    identities,
    steady.rows.map((row) => row.id),
  )

  const pages = Math.max(1, Math.ceil((list?.total ?? 0) / PAGE_ROWS))
  useEffect(() => {
    if (list !== null && !isOther && page > pages) goToPage(pages, true)
  }, [list, isOther, page, pages])

  function goToPage(wanted: number, replace = false): void {
    const kept = Object.fromEntries(query)
    go(address('/list', { ...kept, page: wanted === 1 ? '' : String(wanted) }), { replace })
  }

  const isNamed = steady.rows.some((row) => names.get(row.id)?.name)
  const printed = list !== null && <PrintedList list={list} isNamed={isNamed} />
  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Patient list</h1>
        <p class="ptl-title__sum">
          {list === null ? (
            'Loading'
          ) : (
            <>
              <strong>{number(list.total)}</strong> open {list.total === 1 ? 'pathway' : 'pathways'}
              {seesAlliance(person) ? ' in the alliance' : ' for your trust'}, in order of priority
              on {dateWords(list.asOf)}.{' '}
              <span class="ptl-rows-words">
                A pathway that two trusts track has a row of each; Performance counts it once.
              </span>
            </>
          )}
        </p>
      </div>
      <FilterBar
        filter={filter}
        text={text}
        onText={onText}
        query={query}
        version={list?.seq ?? 0}
        looks={looking.version}
      />
      <SavedFilters query={query} />
      {looking.listAt !== null && (
        <p class="ptl-looked">
          What changed since you last looked, {instantWords(looking.listAt)}, is marked new.{' '}
          <button
            type="button"
            class="ptl-link"
            disabled={list === null}
            onClick={() => looking.seen(list?.seq ?? 0)}
          >
            Mark all as seen
          </button>
        </p>
      )}
      <MissingFeeds version={gapsVersion} />
      <p class="ptl-changes">
        <span role="status">{steady.announced}</span>{' '}
        {steady.waiting > 0 &&
          `${many(steady.waiting, 'row has', 'rows have')} moved; the order is held while you point at it or step through it.`}
      </p>
      {list !== null && list.total === 0 && !isOther && (
        <>
          <p class="nhsuk-inset-text">No open pathway matches. Clear a filter to see more.</p>
          <p class="ptl-printed">{printed}</p>
        </>
      )}
      <ListTable
        rows={steady.rows}
        changed={steady.changed}
        isNew={looking.isNew}
        isLoading={list === null || isOther}
        names={names}
        onPointing={pointing.point}
        printed={printed}
      />
      <Pager page={page} pages={pages} onPage={(wanted) => goToPage(wanted)} />
    </>
  )
}

/** Which list a sheet of paper is, of when and whose: what tells an old sheet from a new one, on each of them. */
function PrintedList(props: { readonly list: LiveListState; readonly isNamed: boolean }) {
  const { list, isNamed } = props
  const { person, alliance } = useSession()
  const { from, filter } = list.window
  const last = from + list.rows.length
  return (
    <>
      <strong>{filterWords(filter, alliance)}.</strong> In order of priority on{' '}
      {dateWords(list.asOf)},{' '}
      {last === 0
        ? 'nobody'
        : `rows ${number(from + 1)} to ${number(last)} of ${number(list.total)}`}
      . Printed <PrintedAt /> by {plainName(person.name)}, {ROLES[person.role]}.
      {isNamed && ' Names patients: confidential.'}
      {alliance.synthetic && ' Synthetic data.'}
    </>
  )
}
