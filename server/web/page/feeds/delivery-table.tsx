import type {
  DeliveryCounts,
  DeliveryProgress,
  DeliveryState,
} from '../../../../shared/delivery.ts'
import type { DeliveryNotice } from '../../../../shared/protocol.ts'
import { Tag } from '../widgets/note.tsx'
import type { TagColour } from '../widgets/note.tsx'
import { trustName, useSession } from '../session/session.ts'
import { Table, numbers } from '../widgets/table.tsx'
import { instantWords, number } from '../words.ts'

const COUNTS: readonly (readonly [keyof DeliveryCounts, string])[] = [
  ['read', 'Read'],
  ['unchanged', 'Unchanged'],
  ['changed', 'Changed'],
  ['added', 'Added'],
  ['removed', 'Removed'],
  ['refused', 'Refused'],
]
const STATES: Readonly<Record<DeliveryState, { words: string; colour: TagColour }>> = {
  running: { words: 'Running', colour: 'blue' },
  done: { words: 'Done', colour: 'green' },
  refused: { words: 'Refused', colour: 'red' },
  held: { words: 'Held', colour: 'orange' },
  failed: { words: 'Failed', colour: 'red' },
}

/** Deliveries in a table, each with what became of it. */
export function Deliveries(props: {
  readonly title: string
  readonly deliveries: readonly DeliveryNotice[]
}) {
  const { title, deliveries } = props
  const { alliance } = useSession()
  return (
    <Table
      caption={title}
      columns={[
        'Received',
        'Trust',
        'Format',
        'State',
        ...COUNTS.map(([, label]) => numbers(label)),
        { label: 'Issues', kind: 'last' },
      ]}
    >
      {deliveries.map((delivery) => (
        <tr key={delivery.id}>
          <td>{instantWords(delivery.receivedAt)}</td>
          <th scope="row">{trustName(alliance, delivery.trust)}</th>
          <td>
            {delivery.format}
            <small>
              {delivery.mode}
              {delivery.feed !== 'main' && `, ${delivery.feed}`}
              {delivery.sandbox ? ', sandbox' : delivery.dryRun && ', dry run'}
            </small>
          </td>
          <td>
            <Tag colour={STATES[delivery.state].colour}>{STATES[delivery.state].words}</Tag>
            {delivery.reason !== null && <small>{delivery.reason}</small>}
            {delivery.progress !== null && <small>{progressWords(delivery.progress)}</small>}
          </td>
          {COUNTS.map(([name]) => (
            <td key={name} class="ptl-number">
              {number(delivery.counts[name])}
            </td>
          ))}
          <td class="ptl-last">
            {delivery.issueCount === 0 ? (
              'none'
            ) : (
              <a
                href={`/api/feeds/${delivery.trust}/deliveries/${delivery.id}/issues.csv`}
                download
              >
                {number(delivery.issueCount)} {delivery.issueCount === 1 ? 'issue' : 'issues'}
              </a>
            )}
          </td>
        </tr>
      ))}
    </Table>
  )
}

function progressWords({ rowsRead, rowsPerSecond, secondsLeft }: DeliveryProgress): string {
  const rate = `${number(rowsRead)} rows, ${number(Math.round(rowsPerSecond))} a second`
  return secondsLeft === null ? rate : `${rate}, ${number(secondsLeft)} s left`
}
