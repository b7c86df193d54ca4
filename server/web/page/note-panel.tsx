import { useState } from 'preact/hooks'
import type { EntryDetail } from '../../../shared/entry-detail.ts'
import { api, problemWords } from './api.ts'
import { ProblemNote } from './note.tsx'
import { Panel } from './panel.tsx'
import { dateWords, instantWords, plainName } from './words.ts'

/** Short dated notes, newest first. */
export function NotePanel(props: {
  readonly id: number
  readonly data: EntryDetail
  readonly onSaved: () => void
}) {
  const { id, data, onSaved } = props
  const [body, setBody] = useState('')
  const [problem, setProblem] = useState<string | null>(null)

  async function save(event: Event): Promise<void> {
    event.preventDefault()
    try {
      await api(`/api/entries/${id}/notes`, { method: 'POST', body: { body: body.trim() } })
      setBody('')
      setProblem(null)
      onSaved()
    } catch (error) {
      setProblem(problemWords(error))
    }
  }

  return (
    <Panel title="Notes">
      <ProblemNote problem={problem} />
      {data.may.note && (
        <form onSubmit={(event) => void save(event)}>
          <label class="nhsuk-label" for="note-body">
            New note
          </label>
          <textarea
            id="note-body"
            class="nhsuk-textarea"
            rows={2}
            maxLength={2000}
            value={body}
            onInput={(event) => setBody(event.currentTarget.value)}
          />
          <button
            type="submit"
            class="nhsuk-button nhsuk-button--small ptl-button"
            disabled={body.trim() === ''}
          >
            Save note
          </button>
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
