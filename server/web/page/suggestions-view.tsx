import { useState } from 'preact/hooks'
import type { Suggestion } from '../../../shared/suggestion.ts'
import { useIdentities } from './identities.ts'
import { useLive } from './live.ts'
import { hasEnded, waitsForMe } from './road.ts'
import { useSession } from './session.ts'
import { SuggestionCard } from './suggestion-card.tsx'
import { number } from './words.ts'

/** Cards to a group before "show more": a long list of forms is slow to draw and slower to read. */
const AT_FIRST = 20

/** Moves the service suggests, grouped by what waits for whoever reads. */
export function SuggestionsView() {
  const { person } = useSession()
  const byId = useLive((state) => state.suggestions?.byId)
  const all = [...(byId?.values() ?? [])].sort(byWorth)
  const mine = all.filter((one) => waitsForMe(one, person))
  const others = all.filter((one) => !waitsForMe(one, person) && !hasEnded(one.state))
  const ended = all.filter((one) => hasEnded(one.state))
  const saved = [...mine, ...others].reduce((sum, one) => sum + one.reason.saves, 0)

  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Suggestions</h1>
        {byId !== undefined && (
          <p class="ptl-title__sum">
            <strong>{mine.length}</strong> waiting for you, {others.length} with others. Together
            they would save {number(saved)} weighted days late. Nobody moves until the referring
            team, the patient and the receiving trust have said yes.
          </p>
        )}
      </div>
      {byId === undefined && <p class="ptl-loading">Loading</p>}
      {byId !== undefined && all.length === 0 && (
        <p class="nhsuk-inset-text">
          There is no suggestion at the moment. One appears here by itself when a slot that is open
          to the alliance would let somebody be seen sooner.
        </p>
      )}
      <Group title="Waiting for you" suggestions={mine} />
      <Group title="Waiting for others" suggestions={others} />
      <Group title="Lately ended" suggestions={ended} />
    </>
  )
}

function Group(props: { readonly title: string; readonly suggestions: readonly Suggestion[] }) {
  const { title, suggestions } = props
  const { person, identities } = useSession()
  const [shownCount, setShownCount] = useState(AT_FIRST)
  const shown = suggestions.slice(0, shownCount)
  const names = useIdentities(
    identities,
    // the receiving trust sees the minimum until the move is agreed, and asking for more would be recorded
    shown.filter((one) => one.fromTrust === person.organisation).map((one) => one.entryId),
  )
  if (suggestions.length === 0) return null
  return (
    <section class="ptl-group">
      <h2 class="nhsuk-heading-m">
        {title} ({suggestions.length})
      </h2>
      {shown.map((suggestion) => {
        const name = names.get(suggestion.entryId)?.name
        return (
          <SuggestionCard
            key={suggestion.id}
            suggestion={suggestion}
            {...(name === undefined ? {} : { name })}
          />
        )
      })}
      {suggestions.length > shownCount && (
        <button
          type="button"
          class="nhsuk-button nhsuk-button--secondary nhsuk-button--small ptl-button"
          onClick={() => setShownCount(shownCount + AT_FIRST)}
        >
          Show {Math.min(AT_FIRST, suggestions.length - shownCount)} more
        </button>
      )}
    </section>
  )
}

/** What saves most first; ties by id, so that the order is the same for everybody. */
function byWorth(a: Suggestion, b: Suggestion): number {
  return b.reason.saves - a.reason.saves || (a.id < b.id ? -1 : 1)
}
