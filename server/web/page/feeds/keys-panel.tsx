import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { FeedKeyLine } from '../../../../shared/feed-key.ts'
import { api } from '../wire/api.ts'
import { useFetched } from '../wire/fetched.ts'
import { Button, TextField } from '../widgets/field.tsx'
import { Loading } from '../widgets/loading.tsx'
import { Tag } from '../widgets/note.tsx'
import type { TagColour } from '../widgets/note.tsx'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { SureButton } from '../widgets/sure-button.tsx'
import { endOfDay, instantWords, plainName } from '../words.ts'
import { Table } from '../widgets/table.tsx'

const STATES: Readonly<Record<FeedKeyLine['state'], { words: string; colour: TagColour }>> = {
  active: { words: 'Good', colour: 'green' },
  later: { words: 'Not yet', colour: 'blue' },
  ended: { words: 'Ended', colour: 'grey' },
  revoked: { words: 'Revoked', colour: 'red' },
}
const EMPTY = { label: '', feed: 'main', sandbox: false, endsOn: '' }
interface Made {
  readonly key: string
  readonly oldEndsAt: string | null
}

/** The keys of a trust's feeds. A key is shown once, when it is made. */
export function KeysPanel(props: {
  readonly trust: string
  /** Whose keys, for whoever keeps those of several. */
  readonly chooser?: ComponentChildren
}) {
  const path = `/api/feeds/${props.trust}/keys`
  const read = useFetched<{ keys: FeedKeyLine[] }>(path)
  const { data, reload } = read
  const [draft, setDraft] = useState(EMPTY)
  const [made, setMade] = useState<Made | null>(null)
  const sending = useSending()

  const send = (to: string, body: object, then: (answer: Made) => void) =>
    void sending.send(async () => {
      then(await api<Made>(to, { method: 'POST', body }))
      reload()
      return null
    })
  function make(event: Event): void {
    event.preventDefault()
    const { label, feed, sandbox, endsOn } = draft
    const ends = endsOn === '' ? {} : { endsAt: endOfDay(endsOn) }
    send(path, { label: label.trim(), feed, sandbox, ...ends }, (answer) => {
      setMade(answer)
      setDraft(EMPTY)
    })
  }

  return (
    <Panel title="Feed keys">
      {props.chooser}
      <Loading of={[read]} />
      <Outcome of={sending} />
      {made !== null && (
        <div class="ptl-done" role="status">
          <p>
            <strong>Copy this key now: it is not shown again.</strong>
            {made.oldEndsAt !== null &&
              ` The old one is good until ${instantWords(made.oldEndsAt)}.`}
          </p>
          <code class="ptl-key-text">{made.key}</code>
        </div>
      )}
      {data?.keys.length === 0 && (
        <p class="nhsuk-inset-text">There is no key yet. Make one below.</p>
      )}
      {data !== null && data.keys.length > 0 && (
        <Table
          caption="Feed keys, the newest first"
          columns={[
            'Key',
            'Feed',
            'State',
            'Made',
            'Last used',
            { label: 'Change', kind: 'unsaid' },
          ]}
        >
          {data.keys.map((key) => (
            <tr key={key.id}>
              <th scope="row">
                {plainName(key.label)}
                {key.sandbox && <small>sandbox</small>}
              </th>
              <td>{key.feed}</td>
              <td>
                <Tag colour={STATES[key.state].colour}>{STATES[key.state].words}</Tag>
                {key.state === 'active' && key.endsAt !== null && (
                  <small>until {instantWords(key.endsAt)}</small>
                )}
              </td>
              <td>
                {instantWords(key.createdAt)}
                {key.madeBy !== null && <small>{plainName(key.madeBy)}</small>}
              </td>
              <td>{key.lastUsedAt === null ? 'never' : instantWords(key.lastUsedAt)}</td>
              <td class="ptl-acts">
                {key.state === 'active' && key.replacedBy === null && (
                  <SureButton
                    words="Replace"
                    sureWords="Yes, make its successor"
                    of={key.label}
                    onSure={() => send(`${path}/${key.id}/rotate`, {}, setMade)}
                  />
                )}
                {(key.state === 'active' || key.state === 'later') && (
                  <SureButton
                    words="Revoke"
                    sureWords="Yes, end it now"
                    of={key.label}
                    onSure={() => send(`${path}/${key.id}/revoke`, {}, () => setMade(null))}
                  />
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <p class="ptl-hint">
        A replaced key stays good for three days beside its successor. A revoked one ends at once.
      </p>
      <form class="ptl-form" onSubmit={make}>
        <div class="ptl-form__pair">
          <TextField
            id="key-label"
            label="What the key is for"
            maxLength={80}
            isRequired
            value={draft.label}
            onChange={(label) => setDraft({ ...draft, label })}
          />
          <TextField
            id="key-feed"
            label="Feed (small letters, such as ptl or pas)"
            maxLength={30}
            isRequired
            value={draft.feed}
            onChange={(feed) => setDraft({ ...draft, feed })}
          />
          <TextField
            id="key-ends"
            label="Last day (none: without end)"
            type="date"
            value={draft.endsOn}
            onChange={(endsOn) => setDraft({ ...draft, endsOn })}
          />
        </div>
        <label class="ptl-check">
          <input
            type="checkbox"
            checked={draft.sandbox}
            onChange={(event) => setDraft({ ...draft, sandbox: event.currentTarget.checked })}
          />
          Sandbox: answered as live, kept nowhere
        </label>
        <Button isDisabled={sending.isBusy}>Make key</Button>
      </form>
    </Panel>
  )
}
