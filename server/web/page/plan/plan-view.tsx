import { useState } from 'preact/hooks'
import type { PlanSettingsAnswer } from '../../../../shared/plan-settings.ts'
import { api } from '../wire/api.ts'
import { DraftPanel, VersionPanel } from '../policy/draft-panel.tsx'
import type { DraftProps } from '../policy/draft-panel.tsx'
import { useFetched } from '../wire/fetched.ts'
import { InForcePanel } from '../policy/in-force-panel.tsx'
import { mayWritePolicy } from '../session/may.ts'
import { Busy, Loading } from '../widgets/loading.tsx'
import { DoneNote, ProblemNote } from '../widgets/note.tsx'
import { Panel } from '../widgets/panel.tsx'
import { planChanges } from './plan-changes.ts'
import { PlanFields } from './plan-fields.tsx'
import type { PlanSettings } from './plan-fields.tsx'
import { address, go } from '../router.ts'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { useDraft } from '../session/drafts.ts'
import { useSession } from '../session/session.ts'
import { VersionsPanel } from '../policy/versions-panel.tsx'

/** What suggestions are planned by: every version as it is, and for leads a draft, what it changes, and the making of it. */
export function PlanView(props: { readonly query: ReadonlyMap<string, string> }) {
  const { person } = useSession()
  const version = props.query.get('version') ?? ''
  const read = useFetched<PlanSettingsAnswer>(address('/api/plan-settings', { version }))
  const { data, reload } = read
  const [draft, setDraft] = useDraft<PlanSettings | null>('plan', null)
  const [done, setDone] = useState<string | null>(null)

  function begin(settings: PlanSettings): void {
    setDone(null)
    setDraft(settings)
  }

  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Plan settings</h1>
        <p class="ptl-title__sum">
          What suggestions are planned by. Who comes first is for the{' '}
          <a href="/policy">ranking policy</a>; what it does, the{' '}
          <a href="/effect">effect of the plan</a>.
        </p>
      </div>
      <ProblemNote problem={read.isMissing ? `There is no version ${version}.` : null} />
      <Loading of={[read]} />
      <DoneNote words={done} />
      {data !== null && draft === null && (
        <Busy of={[read]}>
          <VersionsPanel
            path="/plan"
            versions={data.versions.map(({ madeByName, madeAt, ...one }) => ({
              ...one,
              by: madeByName,
              at: madeAt,
            }))}
            shown={data.version}
            inForce={data.inForce}
          />
          <VersionPanel
            title={`Version ${data.version}`}
            onDraft={mayWritePolicy(person) ? () => begin(data.settings) : null}
          >
            <PlanFields settings={data.settings} onChange={null} />
          </VersionPanel>
        </Busy>
      )}
      {data !== null && draft !== null && (
        <Draft
          inForce={data.inForce}
          draft={draft}
          onDraft={setDraft}
          onLeave={() => setDraft(null)}
          onMade={(made) => {
            setDraft(null)
            setDone(`Version ${made} is in force. The next plan is made by it.`)
            go('/plan')
            reload()
          }}
        />
      )}
    </>
  )
}

/** A draft in a form, and in words what of the version in force it changes; only one that changes something can be made. */
function Draft(props: DraftProps<PlanSettings>) {
  const { inForce, draft, onDraft } = props
  const { alliance } = useSession()
  const { data } = useFetched<PlanSettingsAnswer>('/api/plan-settings')
  const sending = useSending()
  const changes = data === null ? [] : planChanges(data.settings, draft, alliance)
  const make = (reason: string) =>
    void sending.send(async () => {
      const made = await api<PlanSettingsAnswer>('/api/plan-settings', {
        method: 'POST',
        body: { settings: draft, reason },
        ifMatch: inForce,
      })
      props.onMade(made.version)
      return null
    })
  return (
    <>
      <DraftPanel until="said why" onLeave={props.onLeave}>
        <PlanFields settings={draft} onChange={onDraft} />
      </DraftPanel>
      <Panel title="What it changes">
        {data !== null && changes.length === 0 ? (
          <p role="status">Nothing yet: it is as version {inForce}, which is in force.</p>
        ) : (
          <ul class="ptl-why">
            {changes.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        )}
      </Panel>
      <Outcome of={sending} />
      {changes.length > 0 && (
        <InForcePanel title="Plan by it" isBusy={sending.isBusy} onMake={make} />
      )}
    </>
  )
}
