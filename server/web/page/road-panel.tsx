import type { RoadAnswer, RoadLine } from '../../../shared/road.ts'
import { REFUSAL_REASONS } from '../../../shared/suggestion.ts'
import { Panel } from './panel.tsx'
import { Scroll } from './scroll.tsx'
import { count, number, plainName } from './words.ts'

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
  return (
    <Panel title={`Suggestions of the last ${String(days)} days`}>
      <Scroll label="Suggestions by referring trust">
        <table class="nhsuk-table ptl-table">
          <caption class="nhsuk-u-visually-hidden">Suggestions by referring trust</caption>
          <thead>
            <tr>
              <th scope="col">Referring trust</th>
              {Object.values(COLUMNS).map((label) => (
                <th key={label} scope="col" class="ptl-number">
                  {label}
                </th>
              ))}
              {Object.entries(SIDES).map(([side, label]) => (
                <th key={side} scope="col" class="ptl-number">
                  {label}, median hours to answer
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...lines, all].map((line) => (
              <RoadRow key={line.group?.code ?? 'all'} line={line} />
            ))}
          </tbody>
        </table>
      </Scroll>
      <p>
        {noes.length === 0
          ? 'Nobody has said no.'
          : `Why people said no: ${noes.map(({ label, said }) => `${label.toLowerCase()} ${count(said ?? null)}`).join(', ')}.`}
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
