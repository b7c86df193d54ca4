import type { CapacityBucket } from '../../../shared/capacity.ts'
import { STEPS } from '../../../shared/vocabulary.ts'
import { Panel } from './panel.tsx'
import { number, plainName, shortDate } from './words.ts'

/** Where one more slot would help the alliance most: the planner's own prices. */
export function BestPlaces(props: { readonly best: readonly CapacityBucket[] }) {
  const { best } = props
  return (
    <Panel title="Where one more slot helps most">
      {best.length === 0 ? (
        <p>No price yet: every open slot has room, or the first plan is still to come.</p>
      ) : (
        <table class="nhsuk-table ptl-table">
          <caption class="nhsuk-u-visually-hidden">Ten best places to add a slot</caption>
          <thead>
            <tr>
              <th scope="col">Step and site</th>
              <th scope="col" class="ptl-number">
                Day
              </th>
              <th scope="col" class="ptl-number">
                Saves
              </th>
            </tr>
          </thead>
          <tbody>
            {best.map((bucket) => (
              <tr key={`${bucket.site}${bucket.step}${bucket.day}`}>
                <th scope="row">
                  <a href={`/capacity?step=${bucket.step}`}>{STEPS[bucket.step]}</a>
                  <small>{plainName(bucket.siteName)}</small>
                </th>
                <td class="ptl-number">{shortDate(bucket.day)}</td>
                <td class="ptl-number">{number(bucket.price ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="ptl-hint">In weighted days late over everybody in the alliance.</p>
    </Panel>
  )
}
