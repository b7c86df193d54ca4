import { useState } from 'preact/hooks'
import { EQUITY_ASPECTS } from '../../../shared/equity.ts'
import type { EquityAspect, EquityReport } from '../../../shared/equity.ts'
import { useFetched } from './fetched.ts'
import { ProblemNote } from './note.tsx'
import { Panel } from './panel.tsx'
import { Scroll } from './scroll.tsx'
import { count, dateWords, number } from './words.ts'

/** Whether the order is fair: where people stand and how long they have waited, by what ranks nobody. */
export function EquityPanel() {
  const { data, problem } = useFetched<EquityReport>('/api/list/equity')
  const [aspect, setAspect] = useState<EquityAspect>('deprivationDecile')
  const groups = data?.groups[aspect] ?? []
  return (
    <Panel title="Is the order fair?">
      <ProblemNote problem={problem} />
      <p>
        None of this ranks anybody.
        {data !== null && ` ${number(data.people)} pathways on ${dateWords(data.asOf)}.`} Groups
        under 5 are not shown.
      </p>
      <div class="ptl-filter">
        <label for="equity-aspect">By</label>
        <select
          id="equity-aspect"
          class="nhsuk-select"
          value={aspect}
          onChange={(event) => setAspect(event.currentTarget.value as EquityAspect)}
        >
          {Object.entries(EQUITY_ASPECTS).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <Scroll label="Order and wait by group">
        <table class="nhsuk-table ptl-table">
          <caption class="nhsuk-u-visually-hidden">Order and wait by group</caption>
          <thead>
            <tr>
              <th scope="col">Group</th>
              <th scope="col">People</th>
              <th scope="col">Median days on the 62-day clock</th>
              <th scope="col">Median place, 0 first and 100 last</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.group}>
                <th scope="row">{group.group}</th>
                <td>{group.people === null ? 'not shown' : count(group.people)}</td>
                <td>{words(group.medianWaitDays)}</td>
                <td>{words(group.medianPlacePercent)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  )
}

function words(value: number | null): string {
  return value === null ? '' : number(value)
}
