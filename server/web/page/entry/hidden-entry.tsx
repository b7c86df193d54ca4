import { api } from '../wire/api.ts'
import { Button, LinesField } from '../widgets/field.tsx'
import { useIdentities } from '../session/identities.ts'
import { isRunning, leftWords, useOpenings } from '../governance/openings.ts'
import type { Openings } from '../governance/openings.ts'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { useDraft } from '../session/drafts.ts'
import { trustName, useSession } from '../session/session.ts'
import { Loading, LoadingNote } from '../widgets/loading.tsx'
import { Tag } from '../widgets/note.tsx'
import { dateWords, nhsNumberWords } from '../words.ts'

/** A pathway that is none of the reader's trust: nothing of it, but in an emergency who it is. [IG-5] */
export function HiddenEntry(props: { readonly id: number }) {
  const { id } = props
  const { alliance } = useSession()
  const openings = useOpenings()
  const { all, nowMs } = openings
  const running = all.find((one) => one.entryId === id && isRunning(one, nowMs))
  return (
    <>
      <p>
        <a class="nhsuk-back-link" href="/list">
          To the list
        </a>
      </p>
      <h1 class="nhsuk-heading-l">Pathway {id}</h1>
      <p>
        There is no such pathway, or your trust is not on it. Nothing of it is shown to you until
        its trust sends the person over.
      </p>
      {running === undefined ? (
        openings.data !== null && <AskPanel id={id} openings={openings} />
      ) : (
        <Panel title="Opened in an emergency">
          <p>
            <Tag colour="red">Open</Tag> <strong>{leftWords(running, nowMs)}.</strong> You wrote:{' '}
            {running.reason}
          </p>
          <p>
            On the pathway:{' '}
            {running.organisations.map((code) => trustName(alliance, code)).join(', ')}. Ring them
            for all else.
          </p>
          <Who id={id} />
        </Panel>
      )}
      <Loading of={[openings]} />
    </>
  )
}

function AskPanel(props: { readonly id: number; readonly openings: Openings }) {
  const { id, openings } = props
  const { identities } = useSession()
  const [reason, setReason] = useDraft(`glass ${id}`, '')
  const sending = useSending()
  return (
    <Panel title="In an emergency: open who it is">
      <p>
        For an hour you see the name, the NHS number and the date of birth. Your name and your
        reason are written down first, the auditor is told, and reviews it.
      </p>
      <Outcome of={sending} />
      <form
        class="ptl-form"
        onSubmit={(event) => {
          event.preventDefault()
          void sending.send(async () => {
            const body = { reason: reason.trim() }
            await api(`/api/entries/${id}/break-glass`, { method: 'POST', body })
            setReason('')
            identities.forget(id)
            openings.reload()
            return null
          })
        }}
      >
        <LinesField
          id="glass-reason"
          label="Why you must know now, at least ten letters. Name nobody here"
          maxLength={500}
          value={reason}
          onChange={setReason}
        />
        <Button isDisabled={sending.isBusy || reason.trim().length < 10}>Break the glass</Button>
      </form>
    </Panel>
  )
}

function Who(props: { readonly id: number }) {
  const { identities } = useSession()
  const identity = useIdentities(identities, [props.id]).get(props.id)
  if (identity === undefined) return <LoadingNote />
  if (identity === null) return <p>No identity is held for this pathway.</p>
  const { name, nhsNumber, dateOfBirth, hospitalNumber } = identity
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Name', name],
    ['NHS number', nhsNumber === undefined ? undefined : nhsNumberWords(nhsNumber)],
    ['Born', dateOfBirth === undefined ? undefined : dateWords(dateOfBirth)],
    ['Hospital number', hospitalNumber],
  ]
  return (
    <dl class="ptl-opened">
      {lines.map(
        ([label, value]) =>
          value !== undefined && (
            <div key={label}>
              <dt>{label}</dt>
              <dd class="ptl-nhs">{value}</dd>
            </div>
          ),
      )}
    </dl>
  )
}
