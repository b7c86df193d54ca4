import { useState } from 'preact/hooks'
import { REFUSAL_REASONS, VETO_REASONS } from '../../../../shared/suggestion.ts'
import type { Suggestion, VetoReason } from '../../../../shared/suggestion.ts'
import { api } from '../wire/api.ts'
import { ChoiceField, TextField } from '../widgets/field.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'

/** A clinician's no, at any time while the move lives: opened first, then sent with its reason. [MOV-53] */
export function VetoForm(props: { readonly suggestion: Suggestion }) {
  const { id, version, state } = props.suggestion
  const [isOpen, setOpen] = useState(false)
  const [reasonCode, setReasonCode] = useState<VetoReason | ''>('')
  const [note, setNote] = useState('')
  const sending = useSending()
  const said = note.trim()
  const isWhole = reasonCode !== '' && (reasonCode !== 'other' || said !== '')

  if (!isOpen)
    return (
      <p class="ptl-veto">
        <button type="button" class="ptl-link" onClick={() => setOpen(true)}>
          Veto this move
        </button>
      </p>
    )
  return (
    <form
      class="nhsuk-fieldset ptl-answer"
      onSubmit={(event) => {
        event.preventDefault()
        const body = { reasonCode, ...(said === '' ? {} : { note: said }) }
        void sending.send(async () => {
          await api(`/api/suggestions/${id}/veto`, { method: 'POST', body, ifMatch: version })
          return null
        })
      }}
    >
      <p class="ptl-answer__question">
        A veto ends this move at once{state === 'suggested' ? '' : ', whatever was answered so far'}
        , and no other is suggested for this patient and step.
      </p>
      <Outcome of={sending} />
      <ChoiceField
        id={`veto-reason-${id}`}
        label="Reason for the veto"
        value={reasonCode}
        onChange={setReasonCode}
        choices={VETO_REASONS.map((code) => [code, REFUSAL_REASONS[code]] as const)}
        none="Choose a reason"
      />
      <TextField
        id={`veto-note-${id}`}
        label={reasonCode === 'other' ? 'Note' : 'Note (may be left empty)'}
        maxLength={500}
        value={note}
        onChange={setNote}
      />
      <div class="ptl-answer__buttons">
        <button
          type="submit"
          class="nhsuk-button nhsuk-button--warning nhsuk-button--small ptl-button"
          disabled={!isWhole || sending.isBusy}
        >
          Send veto
        </button>
        <button type="button" class="ptl-link" onClick={() => setOpen(false)}>
          Go back
        </button>
      </div>
    </form>
  )
}
