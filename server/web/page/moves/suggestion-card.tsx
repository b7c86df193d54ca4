import { useState } from 'preact/hooks'
import { REFUSAL_REASONS, SUGGESTION_STATES } from '../../../../shared/suggestion.ts'
import type { Side, Suggestion, SuggestionAnswer } from '../../../../shared/suggestion.ts'
import { STEPS, TUMOURS } from '../../../../shared/vocabulary.ts'
import { AnswerForm } from './answer-form.tsx'
import { api, problemWords } from '../wire/api.ts'
import { ProblemNote, Tag } from '../widgets/note.tsx'
import { awaitedSide, canVeto, hasEnded, mayOpen, myHandover, myTurn, SIDE_WORDS } from './road.ts'
import { mayKnowNames } from '../session/may.ts'
import { trustName, useSession } from '../session/session.ts'
import { VetoForm } from './veto-form.tsx'
import { dateWords, days, instantWords, number, plainName, withDateWords } from '../words.ts'

const SIDES: readonly Side[] = ['referrer', 'patient', 'receiver']

/** One suggested move: what, why in words and figures, the three yeses, and the form of whoever's turn it is. */
export function SuggestionCard(props: {
  readonly suggestion: Suggestion
  /** Its name, where the reader may know it. */
  readonly name?: string
  /** Stands on the pathway's own page: no need to say whose it is. */
  readonly isOnEntry?: boolean
}) {
  const { suggestion } = props
  const { person, alliance } = useSession()
  const side = myTurn(suggestion, person)
  return (
    <article class="ptl-suggestion" data-suggestion={suggestion.id} tabIndex={-1}>
      <div class="ptl-suggestion__head">
        <h3 class="nhsuk-heading-s">
          {props.isOnEntry !== true && (
            <>
              {mayOpen(suggestion, person) ? (
                <a href={`/entries/${suggestion.entryId}`}>{props.name ?? suggestion.pseudonym}</a>
              ) : (
                suggestion.pseudonym
              )}
              {': '}
            </>
          )}
          {STEPS[suggestion.step]} at {plainName(suggestion.toSiteName)} on{' '}
          {dateWords(suggestion.day)}
        </h3>
        <Tag colour={hasEnded(suggestion.state) ? 'grey' : 'purple'}>
          {SUGGESTION_STATES[suggestion.state]}
        </Tag>
      </div>
      <p class="ptl-suggestion__move">
        {TUMOURS[suggestion.tumour]}. From {trustName(alliance, suggestion.fromTrust)} to{' '}
        {trustName(alliance, suggestion.toTrust)}.
        {!mayOpen(suggestion, person) && mayKnowNames(person) && (
          <>
            {' '}
            Not named to you yet; <a href={`/entries/${suggestion.entryId}`}>in an emergency</a>.
          </>
        )}
      </p>
      <p class="ptl-suggestion__words">{plainName(withDateWords(suggestion.reason.words))}</p>
      <Arithmetic suggestion={suggestion} />
      <Yeses suggestion={suggestion} />
      <MessageNo suggestion={suggestion} />
      {suggestion.closedReason !== null && suggestion.state !== 'declined' && (
        <p>
          <strong>Ended:</strong> {suggestion.closedReason}
        </p>
      )}
      {side !== null && <AnswerForm suggestion={suggestion} side={side} />}
      <HandoverButton suggestion={suggestion} />
      {canVeto(suggestion, person) && <VetoForm suggestion={suggestion} />}
    </article>
  )
}

/** The sum behind the suggestion, in weighted days late. */
function Arithmetic(props: { readonly suggestion: Suggestion }) {
  const { reason } = props.suggestion
  const line = (label: string, value: string) => (
    <tr>
      <th scope="row">{label}</th>
      <td class="ptl-number">{value}</td>
    </tr>
  )
  const travel =
    reason.travelMinutes === null ? 'travel' : `travel, ${number(reason.travelMinutes)} minutes`
  return (
    <details class="ptl-arithmetic">
      <summary>
        {reason.daysSooner > 0 ? `${days(reason.daysSooner)} sooner` : 'Same day'}, saves{' '}
        {number(reason.saves)} weighted days late. Show the sum
      </summary>
      <table class="nhsuk-table ptl-table ptl-sum">
        <caption class="nhsuk-u-visually-hidden">The sum of this move</caption>
        <tbody>
          {line(
            reason.stayOn === null
              ? 'Staying, with no date in sight'
              : `Staying, seen on ${dateWords(reason.stayOn)}`,
            number(reason.costStay),
          )}
          {line(`Moving, seen on ${dateWords(reason.moveOn)}`, `-${number(reason.costMove)}`)}
          {line(`Less ${travel}`, `-${number(reason.travelCost)}`)}
          {line('Less the transfer itself', `-${number(reason.transferCost)}`)}
          {line('Saves', number(reason.saves))}
        </tbody>
      </table>
    </details>
  )
}

/** A system said no for the receiving trust: shown to whoever is asked, until a person of it has answered. */
function MessageNo({ suggestion }: { readonly suggestion: Suggestion }) {
  const { alliance } = useSession()
  const { messageNoAt } = suggestion
  const isAnswered = suggestion.answers.some(({ side }) => side === 'receiver')
  if (messageNoAt === null || isAnswered || hasEnded(suggestion.state)) return null
  const trust = trustName(alliance, suggestion.toTrust)
  return (
    <div class="nhsuk-inset-text">
      <p>
        <strong>Said no by message:</strong> a system of {trust} rejected the request for this
        patient, {instantWords(messageNoAt)}. That answers nothing: a person of {trust} confirms it,
        with the reason, or says yes.
      </p>
    </div>
  )
}

/** The three yeses, side by side, given or still to come; and a clinician's veto where there is one. */
function Yeses(props: { readonly suggestion: Suggestion }) {
  const { suggestion } = props
  const { alliance } = useSession()
  const awaited = awaitedSide(suggestion.state)
  const notAsked = hasEnded(suggestion.state) ? 'Not asked' : 'Not asked yet'
  const veto = suggestion.answers.find((one) => one.side === 'clinician')
  return (
    <ol class="ptl-yeses" aria-label="The three answers">
      {SIDES.map((side) => {
        const answer = suggestion.answers.find((one) => one.side === side)
        const kind = answer?.answer ?? (awaited === side ? 'awaited' : 'open')
        return (
          <li key={side} class={`ptl-yes ptl-yes--${kind}`}>
            <strong>{SIDE_WORDS[side]}</strong>
            {answer === undefined ? (
              <span>{awaited === side ? 'Answer awaited' : notAsked}</span>
            ) : (
              <Said answer={answer} word={answer.answer === 'yes' ? 'Yes' : 'No'} />
            )}
          </li>
        )
      })}
      {veto !== undefined && (
        <li class="ptl-yes ptl-yes--no">
          <strong>Clinician of {trustName(alliance, veto.organisation)}</strong>
          <Said answer={veto} word="Veto" />
        </li>
      )}
    </ol>
  )
}

function Said(props: { readonly answer: SuggestionAnswer; readonly word: string }) {
  const { reasonCode, by, at, note } = props.answer
  return (
    <span>
      {props.word}
      {reasonCode !== null && `: ${REFUSAL_REASONS[reasonCode]}`}
      <small>
        {plainName(by)}, {instantWords(at)}
      </small>
      {note !== null && <small>{note}</small>}
    </span>
  )
}

/** What a trust records once everybody said yes: sent, received, complete. */
function HandoverButton(props: { readonly suggestion: Suggestion }) {
  const { suggestion } = props
  const { person } = useSession()
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const next = myHandover(suggestion, person)
  if (next === null) return null
  const { event, words } = next

  async function record(): Promise<void> {
    setBusy(true)
    try {
      await api(`/api/suggestions/${suggestion.id}/events`, {
        method: 'POST',
        body: { event },
        ifMatch: suggestion.version,
      })
      setProblem(null)
    } catch (error) {
      setProblem(problemWords(error))
    }
    setBusy(false)
  }
  return (
    <>
      <ProblemNote problem={problem} />
      <button
        type="button"
        class="nhsuk-button nhsuk-button--small ptl-button"
        disabled={isBusy}
        onClick={() => void record()}
      >
        {words}
      </button>
    </>
  )
}
