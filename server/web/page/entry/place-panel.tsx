import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import type { RankPlace } from '../../../../shared/list.ts'
import { Panel } from '../widgets/panel.tsx'
import { dateWords, number, withDateWords, plainName } from '../words.ts'
import { Scroll } from '../widgets/scroll.tsx'

/** Why the pathway stands where it stands: the arithmetic of the place itself. */
export function PlacePanel(props: { readonly data: EntryDetail; readonly place: RankPlace }) {
  const { place } = props
  const { why, above, below, overrides, policyVersion } = props.data
  return (
    <Panel title="Why it ranks here">
      <Scroll label="Points of this place">
        <table class="nhsuk-table ptl-table">
          <caption class="nhsuk-u-visually-hidden">Points of this place</caption>
          <thead>
            <tr>
              <th scope="col">Deadline</th>
              <th scope="col">Due</th>
              <th scope="col" class="ptl-number">
                Days late
              </th>
              <th scope="col" class="ptl-number">
                Weight
              </th>
              <th scope="col" class="ptl-number">
                Points
              </th>
            </tr>
          </thead>
          <tbody>
            {place.reasons.map((reason, position) => (
              <tr key={position}>
                <th scope="row">{reason.label}</th>
                <td>{reason.dueOn === null ? '' : dateWords(reason.dueOn)}</td>
                <td class="ptl-number">{number(reason.daysLate)}</td>
                <td class="ptl-number">{number(reason.weight)}</td>
                <td class="ptl-number">{number(reason.points)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colSpan={4}>
                Tier {place.tier}: {place.tierReason}
              </th>
              <td class="ptl-number">
                <strong>{number(place.points)}</strong>
              </td>
            </tr>
          </tfoot>
        </table>
      </Scroll>
      <details class="ptl-arithmetic">
        <summary>Show the sum in sentences</summary>
        <ul class="ptl-why">
          {why.map((line) => (
            <li key={line}>{withDateWords(line)}</li>
          ))}
        </ul>
      </details>
      {above !== null && <p>{withDateWords(`Below place ${above.rank}: ${above.why}`)}</p>}
      {below !== null && <p>{withDateWords(`Above place ${below.rank}: ${below.why}`)}</p>}
      <p class="ptl-hint">
        By <a href={`/policy?version=${policyVersion}`}>version {policyVersion}</a> of the
        alliance's ranking policy.
      </p>
      {overrides.map((override) => (
        <p key={override.id}>
          <strong>Override by {plainName(override.by)}</strong> to tier {override.tier} until{' '}
          {dateWords(override.endsOn)}
          {!override.inForce && ' (no longer in force)'}: {override.reason}
        </p>
      ))}
    </Panel>
  )
}
