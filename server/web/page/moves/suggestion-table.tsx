import { useState } from 'preact/hooks'
import { REFUSAL_REASONS, SUGGESTION_STATES } from '../../../../shared/suggestion.ts'
import type { Suggestion } from '../../../../shared/suggestion.ts'
import { STEPS, TUMOURS } from '../../../../shared/vocabulary.ts'
import { Tag } from '../widgets/note.tsx'
import { hasEnded, mayOpen, SIDE_WORDS } from './road.ts'
import { trustName, useSession } from '../session/session.ts'
import { SuggestionCard } from './suggestion-card.tsx'
import { dateWords, number, plainName } from '../words.ts'
import { Table, numbers } from '../widgets/table.tsx'

const COLUMNS = [
  'Patient',
  'Step',
  'From',
  'To',
  'On',
  numbers('Days sooner'),
  numbers('Saves'),
  { label: 'State', kind: 'last' },
] as const

/** Suggestions a line each, for whoever has nothing to answer in them; the whole of one opens beneath its line. */
export function SuggestionTable(props: {
  readonly title: string
  readonly suggestions: readonly Suggestion[]
  readonly nameOf: (suggestion: Suggestion) => string | undefined
}) {
  const { title, suggestions, nameOf } = props
  return (
    <Table caption={title} columns={COLUMNS}>
      {suggestions.map((suggestion) => (
        <Row key={suggestion.id} suggestion={suggestion} name={nameOf(suggestion)} />
      ))}
    </Table>
  )
}

function Row(props: { readonly suggestion: Suggestion; readonly name: string | undefined }) {
  const { suggestion, name } = props
  const { person, alliance } = useSession()
  const [isOpen, setOpen] = useState(false)
  const { id, entryId, pseudonym, reason, state } = suggestion
  const who = name ?? pseudonym
  const shown = name ?? <span class="ptl-pseudonym">{pseudonym}</span>
  return (
    <>
      <tr data-suggestion={id}>
        <th scope="row">
          {mayOpen(suggestion, person) ? <a href={`/entries/${entryId}`}>{shown}</a> : shown}
        </th>
        <td>
          {STEPS[suggestion.step]}
          <small>{TUMOURS[suggestion.tumour]}</small>
        </td>
        <td>{trustName(alliance, suggestion.fromTrust)}</td>
        <td>
          {plainName(suggestion.toSiteName)}
          <small>{trustName(alliance, suggestion.toTrust)}</small>
        </td>
        <td>{dateWords(suggestion.day)}</td>
        <td class="ptl-number">{reason.daysSooner}</td>
        <td class="ptl-number">{number(reason.saves)}</td>
        <td class="ptl-last">
          <Tag colour={hasEnded(state) ? 'grey' : 'purple'}>{SUGGESTION_STATES[state]}</Tag>
          <small>{answersWords(suggestion)}</small>
          {state !== 'declined' && suggestion.closedReason !== null && (
            <small>{suggestion.closedReason}</small>
          )}
          <button
            type="button"
            class="ptl-link"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? 'Hide' : 'Show'}
            <span class="nhsuk-u-visually-hidden"> the move of {who}</span>
          </button>
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={COLUMNS.length}>
            <SuggestionCard suggestion={suggestion} {...(name === undefined ? {} : { name })} />
          </td>
        </tr>
      )}
    </>
  )
}

/** The answers so far in one line: `Referring team yes, Patient no: Too far to travel`. */
function answersWords(suggestion: Suggestion): string {
  return suggestion.answers
    .map(({ side, answer, reasonCode }) => {
      const why = reasonCode === null ? '' : `: ${REFUSAL_REASONS[reasonCode]}`
      return `${SIDE_WORDS[side]} ${side === 'clinician' ? 'veto' : answer}${why}`
    })
    .join(', ')
}
