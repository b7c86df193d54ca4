import { useState } from 'preact/hooks'
import type { PolicyAnswer, PolicyBody, PolicyPreview } from '../../../shared/policy.ts'
import { api, problemWords } from './api.ts'
import { EquityPanel } from './equity-panel.tsx'
import { useFetched } from './fetched.ts'
import { DoneNote, ProblemNote } from './note.tsx'
import { Panel } from './panel.tsx'
import { PolicyFields } from './policy-fields.tsx'
import { PolicyPreviewPanel } from './policy-preview-panel.tsx'
import { address, go } from './router.ts'
import { seesAlliance } from './may.ts'
import { useSession } from './session.ts'
import { instantWords, plainName } from './words.ts'

/** The ranking policy: every version as it is, and for leads a draft, what it would change, and the making of it. */
export function PolicyView(props: { readonly query: ReadonlyMap<string, string> }) {
  const { person } = useSession()
  const wanted = props.query.get('version') ?? ''
  const { data, problem, reload } = useFetched<PolicyAnswer>(
    address('/api/policy', { version: wanted }),
  )
  const [draft, setDraft] = useState<PolicyBody | null>(null)
  const [done, setDone] = useState<string | null>(null)
  const mayDraft = person.role === 'lead' || person.role === 'allianceAdmin'

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
            ? 'Loading'
            : `Version ${data.inForce} orders the list. Every version is kept.`}
        </p>
      </div>
      <ProblemNote problem={problem} />
      <DoneNote words={done} />
      {data !== null && draft === null && (
        <>
          <Versions answer={data} />
          <Panel title={`Version ${data.version}: ${data.policy.title}`}>
            {mayDraft && (
              <button
                type="button"
                class="nhsuk-button nhsuk-button--small ptl-button"
                onClick={() => {
                  setDone(null)
                  setDraft(data.policy)
                }}
              >
                Draft a new version from this one
              </button>
            )}
            <PolicyFields policy={data.policy} onChange={null} />
          </Panel>
          {seesAlliance(person) && <EquityPanel />}
        </>
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

function Versions(props: { readonly answer: PolicyAnswer }) {
  const { versions, version } = props.answer
  return (
    <Panel title="Versions">
      <ul class="ptl-notes">
        {versions.map((one) => (
          <li key={one.version}>
            <p>
              <a
                href={`/policy?version=${one.version}`}
                {...(one.version === version ? { 'aria-current': 'true' as const } : {})}
              >
                Version {one.version}
              </a>
              : {one.reason}
            </p>
            <small>
              {one.by !== null && `${plainName(one.by)}, `}
              {one.at !== null && instantWords(one.at)}
            </small>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** A draft in a form; only one that has been previewed as it stands, and has a reason, can be made. */
function Draft(props: {
  readonly inForce: number
  readonly draft: PolicyBody
  readonly onDraft: (draft: PolicyBody) => void
  readonly onMade: (version: number) => void
  readonly onLeave: () => void
}) {
  const { inForce, draft, onDraft } = props
  const [preview, setPreview] = useState<PolicyPreview | null>(null)
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  async function ask(work: () => Promise<void>): Promise<void> {
    setBusy(true)
    setProblem(null)
    await work().catch((error: unknown) => setProblem(problemWords(error)))
    setBusy(false)
  }
  const look = () =>
    ask(async () => {
      const body = { policy: draft }
      setPreview(await api<PolicyPreview>('/api/policy/preview', { method: 'POST', body }))
    })
  const make = () =>
    ask(async () => {
      const body = { policy: draft, reason: reason.trim(), preview: preview?.fingerprint ?? '' }
      const made = await api<{ version: number }>('/api/policy', {
        method: 'POST',
        body,
        ifMatch: inForce,
      })
      props.onMade(made.version)
    })

  return (
    <>
      <Panel title="Draft of a new version">
        <p>Nothing is saved until you have seen what it changes and said why.</p>
        <PolicyFields
          policy={draft}
          onChange={(changed) => {
            setPreview(null)
            onDraft(changed)
          }}
        />
        <div class="ptl-buttons">
          <button
            type="button"
            class="nhsuk-button nhsuk-button--small ptl-button"
            disabled={isBusy}
            onClick={() => void look()}
          >
            Preview what it changes
          </button>
          <button type="button" class="ptl-link" onClick={props.onLeave}>
            Leave the draft
          </button>
        </div>
        <ProblemNote problem={problem} />
      </Panel>
      {preview !== null && (
        <>
          <PolicyPreviewPanel preview={preview} />
          <Panel title="Make it the policy">
            <label class="nhsuk-label" for="policy-reason">
              Why
            </label>
            <textarea
              id="policy-reason"
              class="nhsuk-textarea"
              rows={2}
              maxLength={500}
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
            <button
              type="button"
              class="nhsuk-button nhsuk-button--small ptl-button"
              disabled={isBusy || reason.trim().length < 5}
              onClick={() => void make()}
            >
              Put it in force
            </button>
          </Panel>
        </>
      )}
    </>
  )
}
