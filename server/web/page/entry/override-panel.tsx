import { useState } from 'preact/hooks'
import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import { api } from '../wire/api.ts'
import { Button, TextField } from '../widgets/field.tsx'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'

const EMPTY = { tier: 0, reason: '', endsOn: '' }

/** A clinician's word above the policy: a tier, a reason, and a day it ends. */
export function OverridePanel(props: {
  readonly id: number
  readonly data: EntryDetail
  readonly onSaved: () => void
}) {
  const { id, data, onSaved } = props
  const [draft, setDraft] = useState(EMPTY)
  const sending = useSending(onSaved)

  const save = (event: Event) => {
    event.preventDefault()
    void sending.send(async () => {
      const path = `/api/entries/${id}/priority-override`
      const body = { ...draft, reason: draft.reason.trim() }
      await api(path, { method: 'POST', body, ifMatch: data.etag })
      setDraft(EMPTY)
      onSaved()
      return null
    })
  }

  return (
    <Panel title="Override the priority">
      <Outcome of={sending} />
      <form class="ptl-form" onSubmit={save}>
        <div class="ptl-form__pair">
          <div>
            <label for="override-tier">Tier (0 is an emergency)</label>
            <input
              id="override-tier"
              class="nhsuk-input"
              type="number"
              min={0}
              max={15}
              value={draft.tier}
              onInput={(event) => setDraft({ ...draft, tier: event.currentTarget.valueAsNumber })}
            />
          </div>
          <TextField
            id="override-ends"
            label="Last day it counts"
            type="date"
            isRequired
            value={draft.endsOn}
            onChange={(endsOn) => setDraft({ ...draft, endsOn })}
          />
        </div>
        <TextField
          id="override-reason"
          label="Reason"
          minLength={5}
          maxLength={500}
          isRequired
          value={draft.reason}
          onChange={(reason) => setDraft({ ...draft, reason })}
        />
        <Button isDisabled={sending.isBusy}>Override</Button>
      </form>
    </Panel>
  )
}
