import { useState } from 'preact/hooks'
import type { DeliveryNotice } from '../../../../shared/protocol.ts'
import { CodesPanel } from './codes-panel.tsx'
import { Deliveries } from './delivery-table.tsx'
import { FeedHealthPanel } from './feed-health-panel.tsx'
import { useFetchedAll } from '../wire/fetched.ts'
import { ChoiceField } from '../widgets/field.tsx'
import { HeldPanel } from './held-panel.tsx'
import { KeysPanel } from './keys-panel.tsx'
import { useLive, useWatch } from '../wire/live.ts'
import { Loading } from '../widgets/loading.tsx'
import { Panel } from '../widgets/panel.tsx'
import { RefusedPanel } from './refused-panel.tsx'
import { mayKeepKeys, mayMend, seesAlliance, seesFeeds } from '../session/may.ts'
import { trustName, useSession } from '../session/session.ts'

/** Deliveries read of each trust, and shown of all together until older ones are asked for. */
const PER_TRUST = 20
const SHOWN = 15

/** What each trust sent, newest first, and what became of it. */
export function FeedsView() {
  const { person } = useSession()
  if (seesFeeds(person)) return <Feeds />
  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Feeds</h1>
      </div>
      <p class="nhsuk-inset-text">Your role does not see what is delivered.</p>
    </>
  )
}

function Feeds() {
  const { alliance, person } = useSession()
  useWatch({ feeds: true }, 'feeds')
  const seq = useLive((state) => state.feeds?.seq ?? 0)
  const [shown, setShown] = useState(SHOWN)
  const trusts = seesAlliance(person)
    ? alliance.trusts.map((trust) => trust.code)
    : [person.organisation]
  const [keysOf, setKeysOf] = useState(trusts[0] ?? '')
  const paths = trusts.map((trust) => `/api/feeds/${trust}/deliveries?limit=${PER_TRUST}`)
  const read = useFetchedAll<{ deliveries: DeliveryNotice[] }>(paths, seq)
  const { data } = read
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
      <Loading of={[read]} />
      <FeedHealthPanel version={seq} />
      {mayMend(person) && <HeldPanel deliveries={deliveries} onSettled={read.reload} />}
      {mayMend(person) && <RefusedPanel trust={person.organisation} version={seq} />}
      {mayMend(person) && <CodesPanel trust={person.organisation} version={seq} />}
      {mayKeepKeys(person) && (
        <KeysPanel
          key={keysOf}
          trust={keysOf}
          chooser={
            trusts.length > 1 && (
              <div class="ptl-filter">
                <ChoiceField
                  id="keys-of"
                  label="Of"
                  value={keysOf}
                  choices={alliance.trusts.map(({ code, name }) => [code, name] as const)}
                  onChange={setKeysOf}
                />
              </div>
            )
          }
        />
      )}
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
          <Deliveries title="Deliveries, newest first" deliveries={deliveries.slice(0, shown)} />
          {deliveries.length > shown && (
            <button type="button" class="ptl-link" onClick={() => setShown(shown * 2)}>
              Show older
            </button>
          )}
        </Panel>
      )}
    </>
  )
}
