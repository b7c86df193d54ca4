import { useState } from 'preact/hooks'
import type { Opening } from '../../../../shared/governance.ts'
import { ROLES } from '../../../../shared/vocabulary.ts'
import { api } from '../wire/api.ts'
import { Arrival } from '../widgets/arrival.tsx'
import { Button, ChoiceField, LinesField } from '../widgets/field.tsx'
import { Loading } from '../widgets/loading.tsx'
import { Tag } from '../widgets/note.tsx'
import { isRunning, leftWords, useOpenings } from './openings.ts'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { trustName, useSession } from '../session/session.ts'
import { Table, numbers } from '../widgets/table.tsx'
import { instantWords, plainName } from '../words.ts'

const OUTCOMES = { justified: 'Justified', notJustified: 'Not justified' } as const
type Verdict = keyof typeof OUTCOMES

/** Identities opened in an emergency: the reader's own with the time that is left, or the auditor's report of all. */
export function BreakGlassPanel(props: { readonly mayReview: boolean }) {
  const { mayReview } = props
  const openings = useOpenings()
  const { all, data, nowMs, reload } = openings
  const [reviewing, setReviewing] = useState<string | null>(null)
  const sending = useSending()
  const open = all.find(({ id, outcome }) => id === reviewing && outcome === null)
  const waiting = all.filter(({ outcome }) => outcome === null).length
  const toReview = data === null ? '' : ` (${waiting} to review)`

  return (
    <Panel title={mayReview ? `Glass broken${toReview}` : 'Glass you have broken'}>
      <p>
        {mayReview
          ? 'Each time somebody outside a pathway opened who it is. Ask the trusts on the pathway what they know of it, then say what you make of it.'
          : 'In an emergency you may open who a pathway of another trust belongs to. It ends by itself, and the auditor reviews every one.'}
      </p>
      <Loading of={[openings]} />
      <Outcome of={sending} />
      {data !== null && all.length === 0 && (
        <p class="nhsuk-inset-text">
          {mayReview ? 'Nobody has broken the glass.' : 'You have opened nobody.'}
        </p>
      )}
      {all.length > 0 && (
        <Table
          caption="Openings, those not reviewed first, then the newest"
          columns={[
            ...(mayReview ? ['By'] : []),
            'Pathway',
            'Why',
            'Opened',
            'State',
            numbers('Times read'),
            'Review',
          ]}
        >
          {all.map((one) => (
            <tr key={one.id}>
              {mayReview && <By opening={one} />}
              <th scope="row">
                <a href={`/entries/${one.entryId}`}>Pathway {one.entryId}</a>
                <Trusts opening={one} />
              </th>
              <td>{one.reason}</td>
              <td>{instantWords(one.at)}</td>
              <td>
                {isRunning(one, nowMs) ? (
                  <>
                    <Tag colour="red">Open</Tag>
                    <small>{leftWords(one, nowMs)}</small>
                  </>
                ) : (
                  <>
                    <Tag colour="grey">Ended</Tag>
                    <small>{instantWords(one.endsAt)}</small>
                  </>
                )}
              </td>
              <td class="ptl-number">{one.reads}</td>
              <td>
                <Reviewed opening={one} />
                {mayReview && one.outcome === null && (
                  <button type="button" class="ptl-link" onClick={() => setReviewing(one.id)}>
                    Review
                    <span class="nhsuk-u-visually-hidden">
                      {' '}
                      pathway {one.entryId}, {plainName(one.by)}
                    </span>
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {open !== undefined && (
        <ReviewForm
          key={open.id}
          opening={open}
          onClose={() => setReviewing(null)}
          onReview={(outcome, note) =>
            void sending.send(async () => {
              const body = { outcome, note }
              await api(`/api/break-glass/${open.id}/review`, { method: 'POST', body })
              setReviewing(null)
              reload()
              return outcome === 'justified'
                ? 'Written down as justified.'
                : 'Written down as not justified. If it was still open, it has ended.'
            })
          }
        />
      )}
    </Panel>
  )
}

function By(props: { readonly opening: Opening }) {
  const { alliance } = useSession()
  const { by, role, organisation } = props.opening
  return (
    <td>
      {plainName(by)}
      <small>
        {ROLES[role]}, {trustName(alliance, organisation)}
      </small>
    </td>
  )
}

function Trusts(props: { readonly opening: Opening }) {
  const { alliance } = useSession()
  return (
    <small>{props.opening.organisations.map((code) => trustName(alliance, code)).join(', ')}</small>
  )
}

function Reviewed(props: { readonly opening: Opening }) {
  const { outcome, reviewNote, reviewedAt } = props.opening
  if (outcome === null) return <small>not yet</small>
  return (
    <>
      <Tag colour={outcome === 'justified' ? 'green' : 'red'}>{OUTCOMES[outcome]}</Tag>
      <small>
        {reviewNote}
        {reviewedAt !== null && `, ${instantWords(reviewedAt)}`}
      </small>
    </>
  )
}

function ReviewForm(props: {
  readonly opening: Opening
  readonly onReview: (outcome: Verdict, note: string) => void
  readonly onClose: () => void
}) {
  const { opening, onReview, onClose } = props
  const [outcome, setOutcome] = useState<Verdict | ''>('')
  const [note, setNote] = useState('')
  return (
    <form
      class="ptl-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (outcome !== '') onReview(outcome, note.trim())
      }}
    >
      <Arrival words={`${plainName(opening.by)}, pathway ${opening.entryId}`} />
      <p>{opening.reason}</p>
      <ChoiceField
        id="review-outcome"
        label="It was"
        value={outcome}
        onChange={setOutcome}
        choices={Object.entries(OUTCOMES) as [Verdict, string][]}
        none="Choose"
      />
      <LinesField
        id="review-note"
        label="What you found"
        maxLength={500}
        value={note}
        onChange={setNote}
      />
      <div class="ptl-buttons">
        <Button isDisabled={outcome === '' || note.trim() === ''}>Write it down</Button>
        <button type="button" class="ptl-link" onClick={onClose}>
          Close
        </button>
      </div>
    </form>
  )
}
