import { useState } from 'preact/hooks'
import type { EntryDetail } from '../../../shared/entry-detail.ts'
import { api, ApiProblem, problemWords } from './api.ts'
import { ProblemNote } from './note.tsx'
import { Panel } from './panel.tsx'

const EMPTY = { tier: 0, reason: '', endsOn: '' }

/** A clinician's word above the policy: a tier, a reason, and a day it ends. */
export function OverridePanel(props: {
  readonly id: number
  readonly data: EntryDetail
  readonly onSaved: () => void
}) {
  const { id, data, onSaved } = props
  const [draft, setDraft] = useState(EMPTY)
  const [problem, setProblem] = useState<string | null>(null)

  async function save(event: Event): Promise<void> {
    event.preventDefault()
    try {
      const ifMatch = data.etag
      const path = `/api/entries/${id}/priority-override`
      await api(path, { method: 'POST', body: { ...draft, reason: draft.reason.trim() }, ifMatch })
      setProblem(null)
      setDraft(EMPTY)
      onSaved()
    } catch (error) {
      setProblem(problemWords(error))
      if (error instanceof ApiProblem && error.status === 412) onSaved()
    }
  }

  return (
    <Panel title="Override the priority">
      <ProblemNote problem={problem} />
      <form class="ptl-form" onSubmit={(event) => void save(event)}>
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
          <div>
            <label for="override-ends">Last day it counts</label>
            <input
              id="override-ends"
              class="nhsuk-input"
              type="date"
              required
              value={draft.endsOn}
              onInput={(event) => setDraft({ ...draft, endsOn: event.currentTarget.value })}
            />
          </div>
        </div>
        <div>
          <label for="override-reason">Reason</label>
          <input
            id="override-reason"
            class="nhsuk-input"
            minLength={5}
            maxLength={500}
            required
            value={draft.reason}
            onInput={(event) => setDraft({ ...draft, reason: event.currentTarget.value })}
          />
        </div>
        <button type="submit" class="nhsuk-button nhsuk-button--small ptl-button">
          Override
        </button>
      </form>
    </Panel>
  )
}
