import { REFUSAL_REASONS, SUGGESTION_STATES } from '../../../shared/suggestion.ts'
import type { Suggestion } from '../../../shared/suggestion.ts'
import { STEPS, TUMOURS } from '../../../shared/vocabulary.ts'
import { Tag } from './note.tsx'
import { hasEnded, mayOpen, SIDE_WORDS } from './road.ts'
import { trustName, useSession } from './session.ts'
import { dateWords, number, plainName } from './words.ts'
import { Table, numbers } from './table.tsx'

/** Suggestions a line each, for whoever has nothing to answer in them. */
export function SuggestionTable(props: {
  readonly title: string
  readonly suggestions: readonly Suggestion[]
  readonly nameOf: (suggestion: Suggestion) => string | undefined
}) {
  const { title, suggestions, nameOf } = props
  const { person, alliance } = useSession()
  return (
    <Table
      caption={title}
      columns={[
        'Patient',
        'Step',
        'From',
        'To',
        'On',
        numbers('Days sooner'),
        numbers('Saves'),
        { label: 'State', kind: 'last' },
      ]}
    >
      {suggestions.map((suggestion) => {
        const { id, entryId, pseudonym, reason, state } = suggestion
        return (
          <tr key={id} data-suggestion={id}>
            <th scope="row">
              {mayOpen(suggestion, person) ? (
                <a href={`/entries/${entryId}`}>{nameOf(suggestion) ?? pseudonym}</a>
              ) : (
                pseudonym
              )}
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
            </td>
          </tr>
        )
      })}
    </Table>
  )
}

/** The answers so far in one line: `Referring team yes, Patient no: Too far to travel`. */
function answersWords(suggestion: Suggestion): string {
  return suggestion.answers
    .map(({ side, answer, reasonCode }) => {
      const why = reasonCode === null ? '' : `: ${REFUSAL_REASONS[reasonCode]}`
      return `${SIDE_WORDS[side]} ${answer}${why}`
    })
    .join(', ')
}
