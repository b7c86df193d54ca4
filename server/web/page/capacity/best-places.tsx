import type { CapacityBucket } from '../../../../shared/capacity.ts'
import { STEPS } from '../../../../shared/vocabulary.ts'
import { Panel } from '../widgets/panel.tsx'
import { number, plainName, plainSaving, shortDate } from '../words.ts'

/** Where one more slot next week would help the alliance most: the planner's own prices. [MOV-63] */
export function BestPlaces(props: { readonly best: readonly CapacityBucket[] }) {
  const { best } = props
  return (
    <Panel title="Where one more slot next week helps most">
      {best.length === 0 ? (
        <p>
          Nowhere next week: every slot there has room, nobody could come so soon, or the first plan
          is still to come.
        </p>
      ) : (
        <table class="nhsuk-table ptl-table">
          <caption class="nhsuk-u-visually-hidden">Ten best places to add a slot next week</caption>
          <thead>
            <tr>
              <th scope="col">Step and site</th>
              <th scope="col" class="ptl-number">
                Best day
              </th>
              <th scope="col" class="ptl-number">
                Saves
              </th>
            </tr>
          </thead>
          <tbody>
            {best.map((bucket) => (
              <tr key={`${bucket.site}${bucket.step}`}>
                <th scope="row">
                  <a href={`/capacity?step=${bucket.step}`}>{STEPS[bucket.step]}</a>
                  <small>{plainName(bucket.siteName)}</small>
                </th>
                <td class="ptl-number">{shortDate(bucket.day)}</td>
                <td class="ptl-number">
                  {number(bucket.price ?? 0)}
                  <small>{plainSaving(bucket)}</small>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="ptl-hint">
        What one more slot there would save, in weighted days late, and in plain days and breaches
        of everybody who would move up. Each place once, with its best day.{' '}
        <a href="/api/capacity/best.csv" download>
          The same as CSV
        </a>
      </p>
    </Panel>
  )
}
