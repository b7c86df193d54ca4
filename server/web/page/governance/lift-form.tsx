import { useState } from 'preact/hooks'
import { api } from '../wire/api.ts'
import { Button, TextField } from '../widgets/field.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'

/** Lets records that were erased be taken in again, with the reason: care has been taken up once more. [IG-14] */
export function LiftForm(props: { readonly id: string; readonly onLifted: () => void }) {
  const { id, onLifted } = props
  const [isOpen, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const sending = useSending()
  if (!isOpen)
    return (
      <button type="button" class="ptl-link" onClick={() => setOpen(true)}>
        Lift this erasure<span class="nhsuk-u-visually-hidden"> {id}</span>
      </button>
    )
  return (
    <form
      class="ptl-form"
      onSubmit={(event) => {
        event.preventDefault()
        void sending.send(async () => {
          await api(`/api/erasures/${id}/lift`, { method: 'POST', body: { reason: reason.trim() } })
          onLifted()
          return null
        })
      }}
    >
      <p>
        What was erased stays erased. From now on the trust's records of this person are taken in
        again when it sends them.
      </p>
      <Outcome of={sending} />
      <TextField
        id={`lift-${id}`}
        label="Why, such as a new referral"
        maxLength={200}
        value={reason}
        onChange={setReason}
      />
      <div class="ptl-buttons">
        <Button isDisabled={reason.trim().length < 3 || sending.isBusy}>Lift it</Button>
        <button type="button" class="ptl-link" onClick={() => setOpen(false)}>
          Go back
        </button>
      </div>
    </form>
  )
}
