import { useMemo, useRef, useState } from 'preact/hooks'
import type { Suggestion } from '../../../../shared/suggestion.ts'
import { useIdentities } from '../session/identities.ts'
import { useFetched } from '../wire/fetched.ts'
import { useCutTick, useLive } from '../wire/live.ts'
import { mayAnswer } from '../session/may.ts'
import { usePointing } from '../hooks/pointing.ts'
import { hasEnded, waitsForMe } from './road.ts'
import { useSession } from '../session/session.ts'
import { LoadingNote } from '../widgets/loading.tsx'
import { SuggestionCard } from './suggestion-card.tsx'
import { SuggestionTable } from './suggestion-table.tsx'
import { number } from '../words.ts'

/** Cards to a group before "show more": a long list of forms is slow to draw and slower to read. */
const AT_FIRST = 20
/** Who weighs a yes may sit still over its button for as long. */
const DECIDING_MS = 600_000

/** Moves the service suggests, grouped by what waits for whoever reads. */
export function SuggestionsView() {
  const { person } = useSession()
  const byId = useTold()
  const all = [...(byId?.values() ?? [])].sort(byWorth)
  const pointing = usePointing(DECIDING_MS)
  const mine = useHeld(
    all.filter((one) => waitsForMe(one, person)),
    byId,
    pointing.isPointing,
  )
  const held = new Set(mine.map((one) => one.id))
  const rest = all.filter((one) => !held.has(one.id))
  const others = rest.filter((one) => !hasEnded(one.state))
  const ended = rest.filter((one) => hasEnded(one.state))
  const saved = [...mine, ...others].reduce((sum, one) => sum + one.reason.saves, 0)

  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Suggestions</h1>
        {byId !== undefined && (
          <p class="ptl-title__sum">
            {mayAnswer(person) ? (
              <>
                <strong>{mine.filter((one) => waitsForMe(one, person)).length}</strong> waiting for
                you, {others.length} with others.
              </>
            ) : (
              <>
                <strong>{others.length}</strong> waiting for an answer; your role reads them and
                answers none.
              </>
            )}{' '}
            Together they would save {number(saved)} weighted days late. Nobody moves until the
            referring team, the patient and the receiving trust have said yes.{' '}
            <a href="/effect">What the whole plan does</a>
          </p>
        )}
      </div>
      {byId === undefined && <LoadingNote />}
      {byId !== undefined && all.length === 0 && (
        <p class="nhsuk-inset-text">
          There is no suggestion at the moment. One appears here by itself when a slot that is open
          to the alliance would let somebody be seen sooner.
        </p>
      )}
      <div
        onMouseMove={() => pointing.point(true)}
        onMouseLeave={() => pointing.point(false)}
        onFocusIn={() => pointing.point(true)}
        onKeyDown={() => pointing.point(true)}
      >
        <Mine suggestions={mine} />
      </div>
      <Others
        title={mayAnswer(person) ? 'Waiting for others' : 'Waiting for an answer'}
        suggestions={others}
      />
      <Others title="Lately ended" suggestions={ended} />
    </>
  )
}

/** Suggestions as the socket tells them, or as they were read last while none comes through. */
function useTold(): ReadonlyMap<string, Suggestion> | undefined {
  const live = useLive((state) => state.suggestions?.byId)
  const tick = useCutTick()
  const { data } = useFetched<{ readonly suggestions: readonly Suggestion[] }>(
    tick === null ? null : '/api/suggestions',
    tick ?? 0,
  )
  const read = useMemo(() => data && new Map(data.suggestions.map((one) => [one.id, one])), [data])
  return read ?? live
}

/**
 * Cards that do not slide away under the pointer: what is answered, withdrawn or new while somebody points at them or
 * types in them changes what is written on its card and moves nobody's yes to the card below.
 */
function useHeld(
  wanted: readonly Suggestion[],
  byId: ReadonlyMap<string, Suggestion> | undefined,
  isHeld: boolean,
): readonly Suggestion[] {
  const shown = useRef(wanted)
  if (isHeld) {
    const held = new Set(shown.current.map((one) => one.id))
    // what is new stands at the end, where it moves nothing
    shown.current = [...shown.current, ...wanted.filter((one) => !held.has(one.id))]
  } else shown.current = wanted
  return shown.current.map((one) => byId?.get(one.id) ?? one)
}

/** What the reader has to answer, each with its form. */
function Mine(props: { readonly suggestions: readonly Suggestion[] }) {
  const { suggestions } = props
  const [shownCount, setShownCount] = useState(AT_FIRST)
  const shown = suggestions.slice(0, shownCount)
  const nameOf = useNames(shown)
  if (suggestions.length === 0) return null
  return (
    <section class="ptl-group">
      <h2 class="nhsuk-heading-m">Waiting for you ({suggestions.length})</h2>
      {shown.map((suggestion) => {
        const name = nameOf(suggestion)
        return (
          <SuggestionCard
            key={suggestion.id}
            suggestion={suggestion}
            {...(name === undefined ? {} : { name })}
          />
        )
      })}
      <More hiddenCount={suggestions.length - shownCount} onMore={setShownCount} />
    </section>
  )
}

/** What others have to answer, or what is over: a line each. */
function Others(props: { readonly title: string; readonly suggestions: readonly Suggestion[] }) {
  const { title, suggestions } = props
  const [shownCount, setShownCount] = useState(AT_FIRST)
  const shown = suggestions.slice(0, shownCount)
  const nameOf = useNames(shown)
  if (suggestions.length === 0) return null
  return (
    <section class="ptl-group">
      <h2 class="nhsuk-heading-m">
        {title} ({suggestions.length})
      </h2>
      <SuggestionTable title={title} suggestions={shown} nameOf={nameOf} />
      <More hiddenCount={suggestions.length - shownCount} onMore={setShownCount} />
    </section>
  )
}

/** Names of the reader's own patients: the receiving trust sees the minimum until a move is agreed, and asking is recorded. */
function useNames(shown: readonly Suggestion[]): (suggestion: Suggestion) => string | undefined {
  const { person, identities } = useSession()
  const own = shown.filter((one) => one.fromTrust === person.organisation)
  const names = useIdentities(
    identities,
    own.map((one) => one.entryId),
  )
  return (suggestion) =>
    suggestion.fromTrust === person.organisation ? names.get(suggestion.entryId)?.name : undefined
}

function More(props: {
  readonly hiddenCount: number
  readonly onMore: (change: (before: number) => number) => void
}) {
  const { hiddenCount, onMore } = props
  if (hiddenCount <= 0) return null
  return (
    <button
      type="button"
      class="nhsuk-button nhsuk-button--secondary nhsuk-button--small ptl-button"
      onClick={() => onMore((before) => before + AT_FIRST)}
    >
      Show {Math.min(AT_FIRST, hiddenCount)} more
    </button>
  )
}

/** What saves most first; ties by id, so that the order is the same for everybody. */
function byWorth(a: Suggestion, b: Suggestion): number {
  return b.reason.saves - a.reason.saves || (a.id < b.id ? -1 : 1)
}
