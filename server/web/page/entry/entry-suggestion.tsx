import { useLive } from '../wire/live.ts'
import { Panel } from '../widgets/panel.tsx'
import { SuggestionCard } from '../moves/suggestion-card.tsx'

/** The suggestion on this pathway, if there is one. */
export function EntrySuggestion(props: { readonly entryId: number }) {
  const byId = useLive((state) => state.suggestions?.byId)
  const found = [...(byId?.values() ?? [])].filter((one) => one.entryId === props.entryId)
  if (found.length === 0) return null
  return (
    <Panel title="Suggested move">
      {found.map((suggestion) => (
        <SuggestionCard key={suggestion.id} suggestion={suggestion} isOnEntry />
      ))}
    </Panel>
  )
}
