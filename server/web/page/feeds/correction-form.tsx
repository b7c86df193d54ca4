import { useState } from 'preact/hooks'
import type { Receipt } from '../../../../shared/delivery.ts'
import type { RefusedRow, RefusedRowContent } from '../../../../shared/refused-row.ts'
import { WHOLE_RECORD } from '../../../../shared/refused-row.ts'
import { api } from '../wire/api.ts'
import { Arrival } from '../widgets/arrival.tsx'
import { useFetched } from '../wire/fetched.ts'
import { Button, LinesField, TextField } from '../widgets/field.tsx'
import { Loading } from '../widgets/loading.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'

/** A refused row field by field, those at fault and those filled in first; or as one piece of text. */
export function CorrectionForm(props: {
  readonly trust: string
  readonly row: RefusedRow
  readonly onEnd: (words: string) => void
  readonly onClose: () => void
}) {
  const { trust, row, onEnd, onClose } = props
  const path = `/api/feeds/${trust}/refused-rows/${row.id}`
  const read = useFetched<RefusedRowContent>(path)
  const { data } = read
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const [reason, setReason] = useState('')
  const sending = useSending()
  const [showsAll, setShowsAll] = useState(false)

  const send = (event: Event) => {
    event.preventDefault()
    const cells = (data?.cells ?? []).map(({ name, value }) => ({
      name,
      value: typed[name] ?? value,
    }))
    void sending.send(async () => {
      const receipt = await api<Receipt>(`${path}/resubmit`, { method: 'POST', body: { cells } })
      if (receipt.counts.refused > 0)
        throw new Error(receipt.issues.map(({ message, fix }) => `${message} ${fix}`).join(' '))
      onEnd('The row was taken and has left the queue.')
      return null
    })
  }
  const dismiss = () =>
    void sending.send(async () => {
      await api(`${path}/dismiss`, { method: 'POST', body: { reason: reason.trim() } })
      onEnd('The row was dismissed.')
      return null
    })

  // A finding names the fact; in JSON who somebody is stands a level deeper.
  const faults = new Set(row.issues.flatMap(({ field }) => [field, `identity.${field}`]))
  const shown = (data?.cells ?? [])
    .filter(({ name, value }) => showsAll || faults.has(name) || value !== '')
    .toSorted((a, b) => Number(faults.has(b.name)) - Number(faults.has(a.name)))
  return (
    <form class="ptl-form" onSubmit={send}>
      <Arrival words={`Mend ${row.recordKey === '' ? `row ${row.rowNumber}` : row.recordKey}`} />
      <Loading of={[read]} />
      <Outcome of={sending} />
      {data !== null && !row.correctable && (
        <p>Rows of this format are mended at their source and sent again.</p>
      )}
      {shown.map(({ name, value }) => {
        const isWhole = name === WHOLE_RECORD
        const field = {
          id: `cell-${name}`,
          label: `${isWhole ? 'The record as it came' : name}${faults.has(name) ? ' (to be mended)' : ''}`,
          value: typed[name] ?? value,
          onChange: (words: string) => setTyped({ ...typed, [name]: words }),
        }
        return isWhole ? (
          <LinesField key={name} {...field} rows={16} isCode />
        ) : (
          <TextField key={name} {...field} />
        )
      })}
      {data !== null && row.correctable && (
        <div class="ptl-buttons">
          <Button isDisabled={sending.isBusy}>Send again</Button>
          {shown.some(({ name }) => name !== WHOLE_RECORD) && (
            <button type="button" class="ptl-link" onClick={() => setShowsAll(!showsAll)}>
              {showsAll ? 'Hide empty fields' : 'Show empty fields'}
            </button>
          )}
        </div>
      )}
      <TextField
        id="dismiss-reason"
        label="Or dismiss it, because"
        maxLength={200}
        value={reason}
        onChange={setReason}
      />
      <div class="ptl-buttons">
        <Button
          isSecondary
          isDisabled={reason.trim().length < 5 || sending.isBusy}
          onClick={dismiss}
        >
          Dismiss
        </Button>
        <button type="button" class="ptl-link" onClick={onClose}>
          Close
        </button>
      </div>
    </form>
  )
}
