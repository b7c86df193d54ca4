import type { DeliveryCounts, DeliveryState } from '../../../shared/delivery.ts'
import type { DeliveryNotice } from '../../../shared/protocol.ts'
import { useFetchedAll } from './fetched.ts'
import { useLive, useWatch } from './live.ts'
import { ProblemNote, Tag } from './note.tsx'
import type { TagColour } from './note.tsx'
import { seesAlliance, trustName, useSession } from './session.ts'
import { instantWords, number } from './words.ts'
import { Panel } from './panel.tsx'
import { Scroll } from './scroll.tsx'

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

/** Deliveries read of each trust, and shown of all together. */
const PER_TRUST = 20
const SHOWN = 40

/** What each trust sent, newest first, and what became of it. */
export function FeedsView() {
  const { alliance, person } = useSession()
  useWatch({ feeds: true }, 'feeds')
  const seq = useLive((state) => state.feeds?.seq ?? 0)
  const trusts = seesAlliance(person)
    ? alliance.trusts.map((trust) => trust.code)
    : [person.organisation]
  const paths = trusts.map((trust) => `/api/feeds/${trust}/deliveries?limit=${PER_TRUST}`)
  const { data, problem } = useFetchedAll<{ deliveries: DeliveryNotice[] }>(paths, seq)
  const deliveries = (data ?? [])
    .flatMap((answer) => answer.deliveries)
    .sort((a, b) => (a.receivedAt < b.receivedAt ? 1 : -1))
  const latest = trusts.map((trust) => deliveries.find((one) => one.trust === trust))
  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Feeds</h1>
        <p class="ptl-title__sum">
          Deliveries as they came in. A refused row never refuses the file: its trust mends it and
          sends it again.
        </p>
      </div>
      <ProblemNote problem={problem} />
      {data !== null && deliveries.length === 0 && (
        <p class="nhsuk-inset-text">Nothing has been delivered yet.</p>
      )}
      {trusts.length > 1 && deliveries.length > 0 && (
        <Panel title="Latest from each trust">
          <Deliveries
            title="Latest delivery of each trust"
            deliveries={latest.filter((one) => one !== undefined)}
          />
          {trusts
            .filter((_, position) => latest[position] === undefined)
            .map((trust) => (
              <p key={trust}>
                <strong>{trustName(alliance, trust)}</strong> has never sent anything.
              </p>
            ))}
        </Panel>
      )}
      {deliveries.length > 0 && (
        <Panel title="Newest deliveries">
          <Deliveries title="Deliveries, newest first" deliveries={deliveries.slice(0, SHOWN)} />
        </Panel>
      )}
    </>
  )
}

function Deliveries(props: {
  readonly title: string
  readonly deliveries: readonly DeliveryNotice[]
}) {
  const { title, deliveries } = props
  const { alliance } = useSession()
  return (
    <Scroll label={title}>
      <table class="nhsuk-table ptl-table">
        <caption class="nhsuk-u-visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">Received</th>
            <th scope="col">Trust</th>
            <th scope="col">Format</th>
            <th scope="col">State</th>
            {COUNTS.map(([name, label]) => (
              <th key={name} scope="col" class="ptl-number">
                {label}
              </th>
            ))}
            <th scope="col" class="ptl-last">
              Issues
            </th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <tr key={delivery.id}>
              <td>{instantWords(delivery.receivedAt)}</td>
              <th scope="row">{trustName(alliance, delivery.trust)}</th>
              <td>
                {delivery.format}
                <small>
                  {delivery.mode}
                  {delivery.dryRun && ', dry run'}
                </small>
              </td>
              <td>
                <Tag colour={STATES[delivery.state].colour}>{STATES[delivery.state].words}</Tag>
                {delivery.reason !== null && <small>{delivery.reason}</small>}
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
        </tbody>
      </table>
    </Scroll>
  )
}
