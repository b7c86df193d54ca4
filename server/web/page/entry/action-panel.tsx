import { useRef } from 'preact/hooks'
import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import { api } from '../wire/api.ts'
import { Button, TextField } from '../widgets/field.tsx'
import { mayReadText } from '../session/may.ts'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { useDraft } from '../session/drafts.ts'
import { useSession } from '../session/session.ts'
import { dateWords, instantWords, plainName } from '../words.ts'

const EMPTY = { body: '', owner: '', dueOn: '', escalated: false }

/** What is to happen next, who owns it, by when; and what was done. */
export function ActionPanel(props: {
  readonly id: number
  readonly data: EntryDetail
  readonly onSaved: () => void
}) {
  const { id, data, onSaved } = props
  const [draft, setDraft] = useDraft(`action ${id}`, EMPTY)
  // What was looked at when the writing began: what somebody else did meanwhile is told before it is written over.
  const basis = useRef<string | null>(null)
  const sending = useSending(() => {
    basis.current = null
    onSaved()
  })
  const { person } = useSession()
  function write(part: Partial<typeof EMPTY>): void {
    basis.current ??= data.etag
    setDraft({ ...draft, ...part })
  }

  const send = (path: 'actions' | 'acknowledge', body?: object) =>
    sending.send(async () => {
      const sent = body === undefined ? {} : { body }
      const ifMatch = path === 'actions' ? (basis.current ?? data.etag) : data.etag
      await api(`/api/entries/${id}/${path}`, { method: 'POST', ...sent, ifMatch })
      onSaved()
      return null
    })
  async function save(event: Event): Promise<void> {
    event.preventDefault()
    const saved = await send('actions', {
      body: draft.body.trim(),
      ...(draft.owner.trim() === '' ? {} : { owner: draft.owner.trim() }),
      ...(draft.dueOn === '' ? {} : { dueOn: draft.dueOn }),
      ...(draft.escalated ? { escalated: true } : {}),
    })
    if (!saved) return
    basis.current = null
    setDraft(EMPTY)
  }

  const nextAction = data.row?.nextAction ?? null
  return (
    <Panel title="Next action">
      <Outcome of={sending} />
      {nextAction === null ? (
        <p>No next action is set.</p>
      ) : (
        <p class="ptl-next">
          <strong>{nextAction.text}</strong>
          <small>
            {[
              nextAction.owner ??
                (mayReadText(person) ? 'no owner' : 'its words and owner are not shown'),
              ...(nextAction.dueOn === null ? [] : [`due ${dateWords(nextAction.dueOn)}`]),
            ].join(', ')}
          </small>
        </p>
      )}
      <EscalationState data={data} onAcknowledge={() => void send('acknowledge')} />
      {data.may.action && (
        <form class="ptl-form" onSubmit={(event) => void save(event)}>
          <TextField
            id="action-body"
            label="What is to happen next"
            maxLength={500}
            value={draft.body}
            onChange={(body) => write({ body })}
          />
          <div class="ptl-form__pair">
            <TextField
              id="action-owner"
              label="Owner"
              maxLength={100}
              value={draft.owner}
              onChange={(owner) => write({ owner })}
            />
            <TextField
              id="action-due"
              label="Due"
              type="date"
              value={draft.dueOn}
              onChange={(dueOn) => write({ dueOn })}
            />
          </div>
          <label class="ptl-check">
            <input
              type="checkbox"
              checked={draft.escalated}
              onChange={(event) => write({ escalated: event.currentTarget.checked })}
            />
            Escalate
          </label>
          <Button isDisabled={draft.body.trim() === '' || sending.isBusy}>Set next action</Button>
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
              {action.doneAt !== null &&
                `; done ${instantWords(action.doneAt)}${action.doneBy === null ? '' : ` by ${action.doneBy}`}`}
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
