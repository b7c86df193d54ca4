import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { REFUSAL_REASONS } from '../../../../shared/suggestion.ts'
import type { AnswerBody, RefusalReason, Side, Suggestion } from '../../../../shared/suggestion.ts'
import { api, problemWords } from '../wire/api.ts'
import { ProblemNote } from '../widgets/note.tsx'

const QUESTIONS: Readonly<Record<Side, string>> = {
  referrer: 'Is this person clinically and socially suitable to move?',
  patient: 'What did the patient say to the offer?',
  receiver: 'Will your trust take this person?',
}

/** Reasons that make sense for a side; a clinician's veto has a form of its own. [MOV-53] */
const REASONS: Readonly<Record<Side, readonly RefusalReason[]>> = {
  referrer: ['clinicallyUnsuitable', 'needsLocalTeam', 'alreadyBooked', 'travelTooFar', 'other'],
  patient: ['travelTooFar', 'datesUnsuitable', 'prefersToWait', 'other'],
  receiver: ['noCapacity', 'equipmentUnsuitable', 'clinicallyUnsuitable', 'other'],
}

/** Yes, or no with a coded reason, for the side whose turn it is. Nobody moves before all three said yes. */
export function AnswerForm(props: { readonly suggestion: Suggestion; readonly side: Side }) {
  const { suggestion, side } = props
  const [isRefusing, setRefusing] = useState(false)
  const [reasonCode, setReasonCode] = useState<RefusalReason | ''>('')
  const [note, setNote] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const box = useRef<HTMLFieldSetElement>(null)
  const isNew = useJustChanged(side)
  const noteId = `note-${suggestion.id}`
  const reasonId = `reason-${suggestion.id}`

  async function answer(body: AnswerBody): Promise<void> {
    setBusy(true)
    try {
      const ifMatch = suggestion.version
      await api(`/api/suggestions/${suggestion.id}/answers`, { method: 'POST', body, ifMatch })
      setProblem(null)
      setRefusing(false)
      setNote('')
      // the buttons go with the answer: who pressed one by key stays on its card
      box.current?.closest('article')?.focus({ preventScroll: true })
    } catch (error) {
      setProblem(problemWords(error))
    }
    setBusy(false)
  }
  const withNote = note.trim() === '' ? {} : { note: note.trim() }

  return (
    <fieldset class="nhsuk-fieldset ptl-answer" ref={box}>
      <legend class="ptl-answer__question">{QUESTIONS[side]}</legend>
      <ProblemNote problem={problem} />
      {isRefusing && (
        <>
          <label for={reasonId}>Reason for no</label>
          <select
            id={reasonId}
            class="nhsuk-select"
            value={reasonCode}
            onChange={(event) => setReasonCode(event.currentTarget.value as RefusalReason | '')}
          >
            <option value="">Choose a reason</option>
            {REASONS[side].map((code) => (
              <option key={code} value={code}>
                {REFUSAL_REASONS[code]}
              </option>
            ))}
          </select>
          <label for={noteId}>Note (may be left empty)</label>
          <input
            id={noteId}
            class="nhsuk-input"
            maxLength={500}
            value={note}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </>
      )}
      <div class="ptl-answer__buttons">
        {!isRefusing && (
          <button
            type="button"
            class="nhsuk-button nhsuk-button--small ptl-button"
            disabled={isBusy || isNew}
            onClick={() => void answer({ side, answer: 'yes' })}
          >
            Yes
          </button>
        )}
        {!isRefusing && (
          <button
            type="button"
            class="nhsuk-button nhsuk-button--secondary nhsuk-button--small ptl-button"
            onClick={() => setRefusing(true)}
          >
            No
          </button>
        )}
        {isRefusing && (
          <button
            type="button"
            class="nhsuk-button nhsuk-button--warning nhsuk-button--small ptl-button"
            disabled={isBusy || isNew || reasonCode === ''}
            onClick={() =>
              reasonCode !== '' && void answer({ side, answer: 'no', reasonCode, ...withNote })
            }
          >
            Send no
          </button>
        )}
        {isRefusing && (
          <button type="button" class="ptl-link" onClick={() => setRefusing(false)}>
            Go back
          </button>
        )}
      </div>
    </fieldset>
  )
}

/** A second press of a double one must not answer for the next side, whose buttons stand where these did. */
const DOUBLE_PRESS_MS = 700

function useJustChanged(side: Side): boolean {
  const before = useRef(side)
  const [isNew, setNew] = useState(false)
  useLayoutEffect(() => {
    if (before.current === side) return undefined
    before.current = side
    setNew(true)
    const timer = setTimeout(() => setNew(false), DOUBLE_PRESS_MS)
    return () => clearTimeout(timer)
  }, [side])
  return isNew
}
