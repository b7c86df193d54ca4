import { useState } from 'preact/hooks'
import type { Receipt } from '../../../shared/delivery.ts'
import type { RefusedRow, RefusedRowContent } from '../../../shared/refused-row.ts'
import { WHOLE_RECORD } from '../../../shared/refused-row.ts'
import { api, problemWords } from './api.ts'
import { useFetched } from './fetched.ts'
import { ProblemNote } from './note.tsx'

/** A refused row field by field, those at fault and those filled in first; or as one piece of text. */
export function CorrectionForm(props: {
  readonly trust: string
  readonly row: RefusedRow
  readonly onEnd: (words: string) => void
  readonly onClose: () => void
}) {
  const { trust, row, onEnd, onClose } = props
  const path = `/api/feeds/${trust}/refused-rows/${row.id}`
  const { data, problem } = useFetched<RefusedRowContent>(path)
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const [reason, setReason] = useState('')
  const [refusal, setRefusal] = useState<string | null>(null)
  const [showsAll, setShowsAll] = useState(false)

  async function send(event: Event): Promise<void> {
    event.preventDefault()
    const cells = (data?.cells ?? []).map(({ name, value }) => ({
      name,
      value: typed[name] ?? value,
    }))
    try {
      const receipt = await api<Receipt>(`${path}/resubmit`, { method: 'POST', body: { cells } })
      if (receipt.counts.refused === 0) onEnd('The row was taken and has left the queue.')
      else setRefusal(receipt.issues.map(({ message, fix }) => `${message} ${fix}`).join(' '))
    } catch (error) {
      setRefusal(problemWords(error))
    }
  }
  async function dismiss(): Promise<void> {
    try {
      await api(`${path}/dismiss`, { method: 'POST', body: { reason: reason.trim() } })
      onEnd('The row was dismissed.')
    } catch (error) {
      setRefusal(problemWords(error))
    }
  }

  // A finding names the fact; in JSON who somebody is stands a level deeper.
  const faults = new Set(row.issues.flatMap(({ field }) => [field, `identity.${field}`]))
  const shown = (data?.cells ?? [])
    .filter(({ name, value }) => showsAll || faults.has(name) || value !== '')
    .toSorted((a, b) => Number(faults.has(b.name)) - Number(faults.has(a.name)))
  return (
    <form class="ptl-form" onSubmit={(event) => void send(event)}>
      <h3 class="nhsuk-heading-s">
        Mend {row.recordKey === '' ? `row ${row.rowNumber}` : row.recordKey}
      </h3>
      <ProblemNote problem={refusal ?? problem} />
      {data !== null && !row.correctable && (
        <p>Rows of this format are mended at their source and sent again.</p>
      )}
      {shown.map(({ name, value }) => (
        <div key={name}>
          <label for={`cell-${name}`}>
            {name === WHOLE_RECORD ? 'The record as it came' : name}
            {faults.has(name) && ' (to be mended)'}
          </label>
          {name === WHOLE_RECORD ? (
            <textarea
              id={`cell-${name}`}
              class="nhsuk-textarea"
              rows={16}
              spellcheck={false}
              autocomplete="off"
              value={typed[name] ?? value.replaceAll(/\r\n?/g, '\n')}
              onInput={(event) => setTyped({ ...typed, [name]: event.currentTarget.value })}
            />
          ) : (
            <input
              id={`cell-${name}`}
              class="nhsuk-input"
              autocomplete="off"
              value={typed[name] ?? value}
              onInput={(event) => setTyped({ ...typed, [name]: event.currentTarget.value })}
            />
          )}
        </div>
      ))}
      {data !== null && row.correctable && (
        <p>
          <button type="submit" class="nhsuk-button nhsuk-button--small ptl-button">
            Send again
          </button>{' '}
          {shown.some(({ name }) => name !== WHOLE_RECORD) && (
            <button type="button" class="ptl-link" onClick={() => setShowsAll(!showsAll)}>
              {showsAll ? 'Hide empty fields' : 'Show empty fields'}
            </button>
          )}
        </p>
      )}
      <div>
        <label for="dismiss-reason">Or dismiss it, because</label>
        <input
          id="dismiss-reason"
          class="nhsuk-input"
          maxLength={200}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </div>
      <p>
        <button
          type="button"
          class="nhsuk-button nhsuk-button--secondary nhsuk-button--small ptl-button"
          disabled={reason.trim().length < 5}
          onClick={() => void dismiss()}
        >
          Dismiss
        </button>{' '}
        <button type="button" class="ptl-link" onClick={onClose}>
          Close
        </button>
      </p>
    </form>
  )
}
