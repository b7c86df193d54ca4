import type { DeliveryNotice } from '../../../../shared/protocol.ts'
import { api } from '../wire/api.ts'
import { Button } from '../widgets/field.tsx'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { instantWords, number } from '../words.ts'

/** Snapshots of one's own trust that would close many pathways, and wait for somebody to look. [FEED-11] */
export function HeldPanel(props: {
  readonly deliveries: readonly DeliveryNotice[]
  readonly onSettled: () => void
}) {
  const sending = useSending()
  const held = props.deliveries.filter(
    ({ state, dryRun, approvedUntil }) => state === 'held' && !dryRun && approvedUntil === null,
  )
  if (held.length === 0 && sending.done === null) return null

  function settle(delivery: DeliveryNotice, what: 'approve' | 'discard', words: string): void {
    void sending.send(async () => {
      await api(`/api/feeds/${delivery.trust}/deliveries/${delivery.id}/${what}`, {
        method: 'POST',
      })
      props.onSettled()
      return words
    })
  }

  return (
    <Panel title="Held for somebody to look at">
      {held.map((delivery) => (
        <div key={delivery.id} class="ptl-held">
          <p>
            The snapshot of {instantWords(delivery.receivedAt)}
            {delivery.feed !== 'main' && ` (${delivery.feed})`} would close{' '}
            <strong>{number(delivery.counts.removed)}</strong> pathways as no longer reported.
            Nothing was changed.
          </p>
          <p>
            If they have ended, approve it: the next snapshot that closes no more than these goes
            in, within a day. If the extract was cut short, discard it and have a whole one sent.
          </p>
          <div class="ptl-buttons">
            <Button
              isDisabled={sending.isBusy}
              onClick={() =>
                settle(delivery, 'approve', 'Approved. The next snapshot of this feed goes in.')
              }
            >
              Approve
            </Button>
            <Button
              isSecondary
              isDisabled={sending.isBusy}
              onClick={() => settle(delivery, 'discard', 'Discarded.')}
            >
              Discard
            </Button>
          </div>
        </div>
      ))}
      <Outcome of={sending} />
    </Panel>
  )
}
