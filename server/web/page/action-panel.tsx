import { useState } from 'preact/hooks'
import type { EntryDetail } from '../../../shared/entry-detail.ts'
import { api, ApiProblem, problemWords } from './api.ts'
import { ProblemNote } from './note.tsx'
import { Panel } from './panel.tsx'
import { dateWords, instantWords, plainName } from './words.ts'

const EMPTY = { body: '', owner: '', dueOn: '', escalated: false }

/** What is to happen next, who owns it, by when; and what was done. */
export function ActionPanel(props: {
  readonly id: number
  readonly data: EntryDetail
  readonly onSaved: () => void
}) {
  const { id, data, onSaved } = props
  const [draft, setDraft] = useState(EMPTY)
  const [problem, setProblem] = useState<string | null>(null)

  async function send(path: 'actions' | 'acknowledge', body?: object): Promise<boolean> {
    try {
      const ifMatch = data.etag
      const sent = body === undefined ? {} : { body }
      await api(`/api/entries/${id}/${path}`, { method: 'POST', ...sent, ifMatch })
      setProblem(null)
      onSaved()
      return true
    } catch (error) {
      setProblem(problemWords(error))
      // somebody else was first: show what they did, keep what was typed
      if (error instanceof ApiProblem && error.status === 412) onSaved()
      return false
    }
  }
  async function save(event: Event): Promise<void> {
    event.preventDefault()
    const saved = await send('actions', {
      body: draft.body.trim(),
      ...(draft.owner.trim() === '' ? {} : { owner: draft.owner.trim() }),
      ...(draft.dueOn === '' ? {} : { dueOn: draft.dueOn }),
      ...(draft.escalated ? { escalated: true } : {}),
    })
    if (saved) setDraft(EMPTY)
  }

  const nextAction = data.row?.nextAction ?? null
  return (
    <Panel title="Next action">
      <ProblemNote problem={problem} />
      {nextAction === null ? (
        <p>No next action is set.</p>
      ) : (
        <p class="ptl-next">
          <strong>{nextAction.text}</strong>
          <small>
            {nextAction.owner ?? 'no owner'}
            {nextAction.dueOn !== null && `, due ${dateWords(nextAction.dueOn)}`}
          </small>
        </p>
      )}
      <EscalationState data={data} onAcknowledge={() => void send('acknowledge')} />
      {data.may.action && (
        <form class="ptl-form" onSubmit={(event) => void save(event)}>
          <div>
            <label for="action-body">What is to happen next</label>
            <input
              id="action-body"
              class="nhsuk-input"
              maxLength={500}
              value={draft.body}
              onInput={(event) => setDraft({ ...draft, body: event.currentTarget.value })}
            />
          </div>
          <div class="ptl-form__pair">
            <div>
              <label for="action-owner">Owner</label>
              <input
                id="action-owner"
                class="nhsuk-input"
                maxLength={100}
                value={draft.owner}
                onInput={(event) => setDraft({ ...draft, owner: event.currentTarget.value })}
              />
            </div>
            <div>
              <label for="action-due">Due</label>
              <input
                id="action-due"
                class="nhsuk-input"
                type="date"
                value={draft.dueOn}
                onInput={(event) => setDraft({ ...draft, dueOn: event.currentTarget.value })}
              />
            </div>
          </div>
          <label class="ptl-check">
            <input
              type="checkbox"
              checked={draft.escalated}
              onChange={(event) => setDraft({ ...draft, escalated: event.currentTarget.checked })}
            />
            Escalate
          </label>
          <button
            type="submit"
            class="nhsuk-button nhsuk-button--small ptl-button"
            disabled={draft.body.trim() === ''}
          >
            Set next action
          </button>
        </form>
      )}
      <ul class="ptl-notes">
        {data.actions.map((action) => (
          <li key={action.id}>
            <p>
              {action.body}
              {action.owner !== null && `, ${action.owner}`}
              {action.dueOn !== null && `, due ${dateWords(action.dueOn)}`}
            </p>
            <small>
              Set by {plainName(action.by)}, {instantWords(action.at)}
              {action.doneAt !== null && `; done ${instantWords(action.doneAt)}`}
            </small>
            {action.doneAt === null && data.may.action && (
              <button
                type="button"
                class="ptl-link"
                onClick={() => void send('actions', { done: action.id })}
              >
                Mark as done
              </button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

/** Whether the pathway is escalated, who deals with it, and the button to say so. */
function EscalationState(props: {
  readonly data: EntryDetail
  readonly onAcknowledge: () => void
}) {
  const { row, acknowledgements, may } = props.data
  const latest = acknowledgements[0]
  if (row === null || row.escalation === 'none') return null
  if (row.escalation === 'acknowledged' && latest !== undefined)
    return (
      <p>
        <strong>Escalated.</strong> Acknowledged by {plainName(latest.by)} ({latest.organisation}),{' '}
        {instantWords(latest.at)}.
      </p>
    )
  return (
    <p>
      <strong>Escalated.</strong> Nobody has acknowledged it yet.{' '}
      {may.acknowledge && (
        <button type="button" class="ptl-link" onClick={props.onAcknowledge}>
          Acknowledge
        </button>
      )}
    </p>
  )
}
