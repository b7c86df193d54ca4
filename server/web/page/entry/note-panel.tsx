import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import { api } from '../wire/api.ts'
import { Button, LinesField } from '../widgets/field.tsx'
import { mayReadText } from '../session/may.ts'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { useDraft } from '../session/drafts.ts'
import { useSession } from '../session/session.ts'
import { dateWords, instantWords, plainName } from '../words.ts'

/** Short dated notes, newest first. */
export function NotePanel(props: {
  readonly id: number
  readonly data: EntryDetail
  readonly onSaved: () => void
}) {
  const { id, data, onSaved } = props
  const [body, setBody] = useDraft(`note ${id}`, '')
  const sending = useSending()
  const { person } = useSession()

  const save = (event: Event) => {
    event.preventDefault()
    void sending.send(async () => {
      await api(`/api/entries/${id}/notes`, { method: 'POST', body: { body: body.trim() } })
      setBody('')
      onSaved()
      return null
    })
  }

  if (!mayReadText(person)) {
    return (
      <Panel title="Notes">
        <p class="ptl-hint">What people write stays with those who care for the patient.</p>
      </Panel>
    )
  }
  return (
    <Panel title="Notes">
      <Outcome of={sending} />
      {data.may.note && (
        <form class="ptl-form" onSubmit={save}>
          <LinesField
            id="note-body"
            label="New note"
            maxLength={2000}
            value={body}
            onChange={setBody}
          />
          <Button isDisabled={body.trim() === '' || sending.isBusy}>Save note</Button>
        </form>
      )}
      <TrackingNote data={data} />
      <ul class="ptl-notes">
        {data.notes.map((note) => (
          <li key={note.id}>
            <p>{note.body}</p>
            <small>
              {plainName(note.by)}, {note.organisation}, {instantWords(note.at)}
            </small>
          </li>
        ))}
      </ul>
      {data.notes.length === 0 && data.facts.trackingNote === undefined && <p>No notes yet.</p>}
    </Panel>
  )
}

/** The note that came with the trust's own feed. */
function TrackingNote(props: { readonly data: EntryDetail }) {
  const { trackingNote, trackingNoteOn } = props.data.facts
  if (trackingNote === undefined) return null
  return (
    <ul class="ptl-notes">
      <li>
        <p>{trackingNote}</p>
        <small>
          From the feed of {props.data.trust}
          {trackingNoteOn !== undefined && `, ${dateWords(trackingNoteOn)}`}
        </small>
      </li>
    </ul>
  )
}
