import type { RoadAnswer, RoadLine } from '../../../../shared/road.ts'
import { REFUSAL_REASONS } from '../../../../shared/suggestion.ts'
import { Panel } from '../widgets/panel.tsx'
import { Table, numbers } from '../widgets/table.tsx'
import { count, number, plainName } from '../words.ts'

const COLUMNS = {
  suggested: 'Suggested',
  offered: 'Offered to the patient',
  agreed: 'Agreed by all three',
  transferred: 'Transferred',
  declined: 'Declined',
  expired: 'Expired',
  withdrawn: 'Withdrawn',
  daysSaved: 'Days saved',
} as const
type Column = keyof typeof COLUMNS
const SIDES = {
  referrer: 'Referring team',
  patient: 'Patient',
  receiver: 'Receiving trust',
} as const

/** What became of suggestions: how many were put, answered and carried through, how long answers took, and every no. */
export function RoadPanel(props: { readonly answer: RoadAnswer }) {
  const { lines, all, days } = props.answer
  const noes = Object.entries(REFUSAL_REASONS)
    .map(([code, label]) => ({ label, said: all.declines[code as keyof typeof REFUSAL_REASONS] }))
    .filter(({ said }) => said !== 0)
  const vetoes = all.declinedBy.clinician
  return (
    <Panel title={`Suggestions of the last ${String(days)} days`}>
      <Table
        caption="Suggestions by referring trust"
        columns={[
          'Referring trust',
          ...Object.values(COLUMNS).map(numbers),
          ...Object.values(SIDES).map((label) => numbers(`${label}, median hours to answer`)),
        ]}
      >
        {[...lines, all].map((line) => (
          <RoadRow key={line.group?.code ?? 'all'} line={line} />
        ))}
      </Table>
      <p>
        {noes.length === 0
          ? 'Nobody has said no.'
          : `Why people said no: ${noes.map(({ label, said }) => `${label.toLowerCase()} ${count(said ?? null)}`).join(', ')}.`}{' '}
        {vetoes !== 0 && `By a clinician's veto, ${count(vetoes)}.`}
      </p>
    </Panel>
  )
}

function RoadRow(props: { readonly line: RoadLine }) {
  const { line } = props
  return (
    <tr>
      <th scope="row">{plainName(line.group?.name ?? 'All trusts')}</th>
      {(Object.keys(COLUMNS) as Column[]).map((column) => (
        <td key={column} class="ptl-number">
          {count(line[column])}
        </td>
      ))}
      {(Object.keys(SIDES) as (keyof typeof SIDES)[]).map((side) => {
        const hours = line.medianHours[side]
        return (
          <td key={side} class="ptl-number">
            {hours === null ? 'none' : number(hours)}
          </td>
        )
      })}
    </tr>
  )
}
