import { useState } from 'preact/hooks'
import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import { TUMOURS } from '../../../../shared/vocabulary.ts'
import { api } from '../wire/api.ts'
import { Button, TextField } from '../widgets/field.tsx'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { trustName, useSession } from '../session/session.ts'
import { dateWords, instantWords, plainName } from '../words.ts'

type EntryLink = EntryDetail['links'][number]

const ANSWER_WORDS: Readonly<Record<EntryLink['answer'], string>> = {
  certain: 'The same pathway',
  needsHuman: 'Perhaps the same pathway: a person decides',
  different: 'Another pathway',
}

/** Other entries that are, or may be, the same pathway; whoever cares for the person confirms or keeps them apart. */
export function LinkPanel(props: {
  readonly id: number
  readonly data: EntryDetail
  readonly onSaved: () => void
}) {
  const { id, data, onSaved } = props
  // somebody else was first: what they decided is shown, the reason that was typed is kept
  const sending = useSending(onSaved)

  const decide = (otherId: number, decision: string, reason: string) =>
    sending.send(async () => {
      const body = { otherId, decision, reason: reason.trim() }
      await api(`/api/entries/${id}/links`, { method: 'POST', body, ifMatch: data.etag })
      onSaved()
      return decision === 'same' ? 'Joined as one pathway.' : 'Kept apart.'
    })

  return (
    <Panel title="Same person elsewhere">
      <Outcome of={sending} />
      {data.links.length === 0 && <p>No other entry shares an identifier with this one.</p>}
      <ul class="ptl-notes">
        {data.links.map((link) => (
          <li key={link.id}>
            <LinkWords link={link} />
            {data.may.link && <DecideForm link={link} onDecide={decide} />}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function LinkWords(props: { readonly link: EntryLink }) {
  const { id, trust, answer, because, rule, joined, seen, decision } = props.link
  const { alliance } = useSession()
  return (
    <>
      <p>
        <strong>{ANSWER_WORDS[answer]}</strong>
        {joined && answer !== 'certain' && ', joined through a third entry'}: {because}{' '}
        <span class="ptl-rule">{rule}</span>
      </p>
      <p>
        {trustName(alliance, trust)}
        {seen === null && ', whose record is not shown to you'}
        {seen !== null && (
          <>
            , <a href={`/entries/${id}`}>{seen.pseudonym}</a>, {TUMOURS[seen.tumour]}
            {seen.receivedOn !== null && `, received ${dateWords(seen.receivedOn)}`}
            {seen.state === 'closed' && ', closed'}
          </>
        )}
      </p>
      {decision !== null && (
        <small>
          {plainName(decision.by)}, {decision.organisation}, {instantWords(decision.at)}:{' '}
          {decision.reason}
        </small>
      )}
    </>
  )
}

function DecideForm(props: {
  readonly link: EntryLink
  readonly onDecide: (otherId: number, decision: string, reason: string) => Promise<boolean>
}) {
  const { id, decision } = props.link
  const [reason, setReason] = useState('')
  const tooShort = reason.trim().length < 5
  const field = `link-reason-${id}`

  async function decide(word: string): Promise<void> {
    if (await props.onDecide(id, word, reason)) setReason('')
  }
  return (
    <form class="ptl-form" onSubmit={(event) => event.preventDefault()}>
      <TextField
        id={field}
        label="Reason, at least five letters"
        maxLength={500}
        value={reason}
        onChange={setReason}
      />
      <div class="ptl-buttons">
        {decision?.decision !== 'same' && (
          <Button isDisabled={tooShort} onClick={() => void decide('same')}>
            Confirm as one
          </Button>
        )}
        {decision?.decision !== 'different' && (
          <Button isSecondary isDisabled={tooShort} onClick={() => void decide('different')}>
            Keep apart
          </Button>
        )}
      </div>
    </form>
  )
}
