import type { RankPlace } from '../../../shared/list.ts'
import type { Override } from './entry-detail.ts'
import { Panel } from './panel.tsx'
import { dateWords, number } from './words.ts'

/** Why the pathway stands where it stands: the arithmetic of the place itself. */
export function PlacePanel(props: {
  readonly place: RankPlace
  readonly why: readonly string[]
  readonly overrides: readonly Override[]
}) {
  const { place, why, overrides } = props
  return (
    <Panel title="Why it ranks here">
      <ul class="ptl-why">
        {why.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <div class="ptl-scroll">
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
      </div>
      {overrides.map((override) => (
        <p key={override.id}>
          <strong>Override by {override.by}</strong> to tier {override.tier} until{' '}
          {dateWords(override.endsOn)}: {override.reason}
        </p>
      ))}
    </Panel>
  )
}
