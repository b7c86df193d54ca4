import { useState } from 'preact/hooks'
import type { FeedKeyLine } from '../../../shared/feed-key.ts'
import { api, problemWords } from './api.ts'
import { useFetched } from './fetched.ts'
import { ProblemNote, Tag } from './note.tsx'
import type { TagColour } from './note.tsx'
import { Panel } from './panel.tsx'
import { Scroll } from './scroll.tsx'
import { instantWords, plainName } from './words.ts'

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
export function KeysPanel(props: { readonly trust: string }) {
  const path = `/api/feeds/${props.trust}/keys`
  const { data, problem, reload } = useFetched<{ keys: FeedKeyLine[] }>(path)
  const [draft, setDraft] = useState(EMPTY)
  const [made, setMade] = useState<Made | null>(null)
  const [revoking, setRevoking] = useState<string | null>(null)
  const [refusal, setRefusal] = useState<string | null>(null)

  async function send(to: string, body: object, then: (answer: Made) => void): Promise<void> {
    try {
      then(await api<Made>(to, { method: 'POST', body }))
      setRefusal(null)
      reload()
    } catch (error) {
      setRefusal(problemWords(error))
    }
  }
  function make(event: Event): void {
    event.preventDefault()
    const { label, feed, sandbox, endsOn } = draft
    const ends = endsOn === '' ? {} : { endsAt: new Date(`${endsOn}T23:59:59`).toISOString() }
    void send(path, { label: label.trim(), feed, sandbox, ...ends }, (answer) => {
      setMade(answer)
      setDraft(EMPTY)
    })
  }

  return (
    <Panel title="Feed keys">
      <ProblemNote problem={refusal ?? problem} />
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
      <Scroll label="Feed keys">
        <table class="nhsuk-table ptl-table">
          <caption class="nhsuk-u-visually-hidden">Feed keys, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Feed</th>
              <th scope="col">State</th>
              <th scope="col">Made</th>
              <th scope="col">Last used</th>
              <th scope="col">
                <span class="nhsuk-u-visually-hidden">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {(data?.keys ?? []).map((key) => (
              <tr key={key.id}>
                <th scope="row">
                  {key.label}
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
                <td>
                  {key.state === 'active' && key.replacedBy === null && (
                    <button
                      type="button"
                      class="ptl-link"
                      onClick={() => void send(`${path}/${key.id}/rotate`, {}, setMade)}
                    >
                      Replace<span class="nhsuk-u-visually-hidden"> {key.label}</span>
                    </button>
                  )}{' '}
                  {(key.state === 'active' || key.state === 'later') && (
                    <button
                      type="button"
                      class="ptl-link"
                      onClick={() => {
                        // Asked twice: the feed stops with it.
                        if (revoking !== key.id) setRevoking(key.id)
                        else void send(`${path}/${key.id}/revoke`, {}, () => setMade(null))
                      }}
                    >
                      {revoking === key.id ? 'Yes, end it now' : 'Revoke'}
                      <span class="nhsuk-u-visually-hidden"> {key.label}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="ptl-hint">
        A replaced key stays good for three days beside the new one. A revoked one ends at once.
      </p>
      <form class="ptl-form" onSubmit={make}>
        <div class="ptl-form__pair">
          <div>
            <label for="key-label">What the key is for</label>
            <input
              id="key-label"
              class="nhsuk-input"
              maxLength={80}
              required
              value={draft.label}
              onInput={(event) => setDraft({ ...draft, label: event.currentTarget.value })}
            />
          </div>
          <div>
            <label for="key-feed">Feed (small letters, such as ptl or pas)</label>
            <input
              id="key-feed"
              class="nhsuk-input"
              maxLength={30}
              required
              value={draft.feed}
              onInput={(event) => setDraft({ ...draft, feed: event.currentTarget.value })}
            />
          </div>
          <div>
            <label for="key-ends">Last day (none: without end)</label>
            <input
              id="key-ends"
              class="nhsuk-input"
              type="date"
              value={draft.endsOn}
              onInput={(event) => setDraft({ ...draft, endsOn: event.currentTarget.value })}
            />
          </div>
        </div>
        <label class="ptl-check">
          <input
            type="checkbox"
            checked={draft.sandbox}
            onChange={(event) => setDraft({ ...draft, sandbox: event.currentTarget.checked })}
          />
          Sandbox: answered as live, kept nowhere
        </label>
        <button type="submit" class="nhsuk-button nhsuk-button--small ptl-button">
          Make key
        </button>
      </form>
    </Panel>
  )
}
