import { useState } from 'preact/hooks'
import type { PolicyAnswer, PolicyBody, PolicyPreview } from '../../../../shared/policy.ts'
import { api } from '../wire/api.ts'
import { EquityPanel } from './equity-panel.tsx'
import { DraftPanel, VersionPanel } from './draft-panel.tsx'
import type { DraftProps } from './draft-panel.tsx'
import { useFetched } from '../wire/fetched.ts'
import { Button } from '../widgets/field.tsx'
import { InForcePanel } from './in-force-panel.tsx'
import { Busy, awaitedWords } from '../widgets/loading.tsx'
import { DoneNote, ProblemNote } from '../widgets/note.tsx'
import { PolicyFields } from './policy-fields.tsx'
import { PolicyPreviewPanel } from './policy-preview-panel.tsx'
import { address, go } from '../router.ts'
import { mayWritePolicy, seesAlliance } from '../session/may.ts'
import { useDraft } from '../session/drafts.ts'
import { useSession } from '../session/session.ts'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { VersionsPanel } from './versions-panel.tsx'

/** The whole list is ordered anew to see what a draft would change. */
const PREVIEW_MS = 120_000

/** The ranking policy: every version as it is, and for leads a draft, what it would change, and the making of it. */
export function PolicyView(props: { readonly query: ReadonlyMap<string, string> }) {
  const { person } = useSession()
  const wanted = props.query.get('version') ?? ''
  const read = useFetched<PolicyAnswer>(address('/api/policy', { version: wanted }))
  const { data, reload } = read
  const [draft, setDraft] = useDraft<PolicyBody | null>('policy', null)
  const [done, setDone] = useState<string | null>(null)

  function begin(policy: PolicyBody): void {
    setDone(null)
    setDraft(policy)
  }
  function made(version: number): void {
    setDraft(null)
    setDone(`Version ${version} is in force and orders the list.`)
    go('/policy')
    reload()
  }

  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Ranking policy</h1>
        <p class="ptl-title__sum">
          {data === null
            ? awaitedWords(read)
            : `Version ${data.inForce} orders the list. Every version is kept.`}{' '}
          What suggestions are planned by stands in the <a href="/plan">plan settings</a>.
        </p>
      </div>
      <ProblemNote problem={read.isMissing ? `There is no version ${wanted}.` : null} />
      <DoneNote words={done} />
      {data !== null && draft === null && (
        <Busy of={[read]}>
          <VersionsPanel
            path="/policy"
            versions={data.versions}
            shown={data.version}
            inForce={data.inForce}
          />
          <VersionPanel
            title={`Version ${data.version}: ${data.policy.title}`}
            onDraft={mayWritePolicy(person) ? () => begin(data.policy) : null}
          >
            <PolicyFields policy={data.policy} onChange={null} />
          </VersionPanel>
          {seesAlliance(person) && <EquityPanel />}
        </Busy>
      )}
      {data !== null && draft !== null && (
        <Draft
          inForce={data.inForce}
          draft={draft}
          onDraft={setDraft}
          onMade={made}
          onLeave={() => setDraft(null)}
        />
      )}
    </>
  )
}

/** A draft in a form; only one that has been previewed as it stands, and has a reason, can be made. */
function Draft(props: DraftProps<PolicyBody>) {
  const { inForce, draft, onDraft } = props
  const [preview, setPreview] = useState<PolicyPreview | null>(null)
  const sending = useSending()
  const look = () =>
    void sending.send(async () => {
      const body = { policy: draft }
      setPreview(
        await api<PolicyPreview>('/api/policy/preview', {
          method: 'POST',
          body,
          isRead: true,
          patienceMs: PREVIEW_MS,
        }),
      )
      return null
    })
  const make = (reason: string) =>
    void sending.send(async () => {
      const made = await api<{ version: number }>('/api/policy', {
        method: 'POST',
        body: { policy: draft, reason, preview: preview?.fingerprint ?? '' },
        ifMatch: inForce,
      })
      props.onMade(made.version)
      return null
    })

  return (
    <>
      <DraftPanel
        until="seen what it changes and said why"
        onLeave={props.onLeave}
        buttons={
          <Button isDisabled={sending.isBusy} onClick={look}>
            Preview what it changes
          </Button>
        }
      >
        <PolicyFields
          policy={draft}
          onChange={(changed) => {
            setPreview(null)
            onDraft(changed)
          }}
        />
      </DraftPanel>
      <Outcome of={sending} />
      {preview !== null && (
        <>
          <PolicyPreviewPanel preview={preview} />
          <InForcePanel title="Make it the policy" isBusy={sending.isBusy} onMake={make} />
        </>
      )}
    </>
  )
}
