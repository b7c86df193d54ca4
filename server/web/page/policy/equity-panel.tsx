import { useState } from 'preact/hooks'
import { EQUITY_ASPECTS } from '../../../../shared/equity.ts'
import type { EquityAspect, EquityReport } from '../../../../shared/equity.ts'
import { useFetched } from '../wire/fetched.ts'
import { ChoiceField } from '../widgets/field.tsx'
import { Loading } from '../widgets/loading.tsx'
import { Panel } from '../widgets/panel.tsx'
import { Table, numbers } from '../widgets/table.tsx'
import { count, dateWords, number } from '../words.ts'

/** Whether the order is fair: where people stand and how long they have waited, by what ranks nobody. */
export function EquityPanel() {
  const read = useFetched<EquityReport>('/api/list/equity')
  const { data } = read
  const [aspect, setAspect] = useState<EquityAspect>('deprivationDecile')
  const groups = data?.groups[aspect] ?? []
  return (
    <Panel title="Is the order fair?">
      <Loading of={[read]} />
      <p>
        None of this ranks anybody.
        {data !== null && ` ${number(data.people)} pathways on ${dateWords(data.asOf)}.`} Groups
        under 5 are not shown.
      </p>
      <div class="ptl-filter">
        <ChoiceField
          id="equity-aspect"
          label="By"
          value={aspect}
          choices={Object.entries(EQUITY_ASPECTS) as [EquityAspect, string][]}
          onChange={(chosen) => chosen !== '' && setAspect(chosen)}
        />
      </div>
      {data !== null && (
        <Table
          caption="Order and wait by group"
          columns={[
            'Group',
            numbers('People'),
            numbers('Median days on the 62-day clock'),
            numbers('Median place, 0 first and 100 last'),
          ]}
        >
          {groups.map((group) => (
            <tr key={group.group}>
              <th scope="row">{group.group}</th>
              <td class="ptl-number">
                {group.people === null ? 'not shown' : count(group.people)}
              </td>
              <td class="ptl-number">{words(group.medianWaitDays)}</td>
              <td class="ptl-number">{words(group.medianPlacePercent)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}

function words(value: number | null): string {
  return value === null ? '' : number(value)
}
