import type { PolicyPreview } from '../../../../shared/policy.ts'
import { TUMOURS } from '../../../../shared/vocabulary.ts'
import { Panel } from '../widgets/panel.tsx'
import { dateWords, number } from '../words.ts'
import { Table } from '../widgets/table.tsx'

/** Who would move, by how much, and whose breaches would be seen to first. */
export function PolicyPreviewPanel(props: { readonly preview: PolicyPreview }) {
  const { preview } = props
  return (
    <Panel title="What it changes">
      <p role="status">
        Of {number(preview.people)} pathways on {dateWords(preview.asOf)}, {number(preview.up)}{' '}
        would move up and {number(preview.down)} down. Nothing is saved yet.
      </p>
      <Table
        caption="Who is seen to first: before and after"
        isCaptionShown
        columns={['Of the first', 'Others', 'Past day 62', 'Breaching within a week']}
      >
        {preview.firsts.map((one) => (
          <tr key={one.first}>
            <th scope="row">{number(one.first)}</th>
            <td>{number(one.entering)}</td>
            <td>
              {number(one.pastTargetBefore)} to {number(one.pastTargetAfter)}
            </td>
            <td>
              {number(one.dueSoonBefore)} to {number(one.dueSoonAfter)}
            </td>
          </tr>
        ))}
      </Table>
      <div class="ptl-columns">
        <Movers title="Furthest up" movers={preview.largestUp} />
        <Movers title="Furthest down" movers={preview.largestDown} />
      </div>
    </Panel>
  )
}

function Movers(props: { readonly title: string; readonly movers: PolicyPreview['largestUp'] }) {
  if (props.movers.length === 0) return <p>{props.title}: nobody.</p>
  return (
    <Table
      caption={props.title}
      isCaptionShown
      columns={['Patient', 'Place', 'Breaches', 'Would rank there because']}
    >
      {props.movers.map((mover) => (
        <tr key={mover.id}>
          <th scope="row">
            <a href={`/entries/${mover.id}`}>{mover.pseudonym}</a>
            <small>
              {mover.trust}, {TUMOURS[mover.tumour]}
            </small>
          </th>
          <td>
            {number(mover.from)} to {number(mover.to)}
          </td>
          <td>{mover.breachOn === null ? 'no clock runs' : dateWords(mover.breachOn)}</td>
          <td>{mover.because}</td>
        </tr>
      ))}
    </Table>
  )
}
