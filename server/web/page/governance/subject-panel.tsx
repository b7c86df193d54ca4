import { useState } from 'preact/hooks'
import type { ErasureCertificate } from '../../../../shared/governance.ts'
import { api, apiFile } from '../wire/api.ts'
import { ChoiceField, Button, TextField } from '../widgets/field.tsx'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { SureButton } from '../widgets/sure-button.tsx'
import { Certificate } from './certificate.tsx'

const FORMATS = { csv: 'CSV, for a spreadsheet', json: 'JSON, for a program' } as const
type Format = keyof typeof FORMATS
const EMPTY = { nhsNumber: '', reason: '' }

/** All that is held on one person, to be given to them or erased. The number goes with the question, never into an address. [IG-11, IG-12] */
export function SubjectPanel(props: { readonly onErased: () => void }) {
  const [draft, setDraft] = useState(EMPTY)
  const [format, setFormat] = useState<Format>('csv')
  const [made, setMade] = useState<ErasureCertificate | null>(null)
  const sending = useSending()
  const asked = {
    nhsNumber: draft.nhsNumber.replaceAll(/\s/g, ''),
    reason: draft.reason.trim(),
  }
  const isWhole = /^\d{10}$/.test(asked.nhsNumber) && asked.reason.length >= 3

  function exportAll(): void {
    setMade(null)
    void sending.send(async () => {
      const name = `subject-access.${format}`
      const file = await apiFile('/api/subject-access', { ...asked, format })
      if (isEmpty(await file.text(), format)) return 'Nothing is held on this number.'
      save(file, name)
      return `Saved as ${name}. The asking is in the audit.`
    })
  }
  function erase(): void {
    setMade(null)
    void sending.send(async () => {
      setMade(await api<ErasureCertificate>('/api/erasures', { method: 'POST', body: asked }))
      setDraft(EMPTY)
      props.onErased()
      return 'Erased. The certificate says what went, and nothing of whom.'
    })
  }

  return (
    <Panel title="Subject access and erasure">
      <p>
        Find by NHS number whatever is held on one person. Only closed pathways are erased: care
        that goes on needs its record.
      </p>
      <Outcome of={sending} />
      {made !== null && <Certificate certificate={made} />}
      <form
        class="ptl-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (isWhole) exportAll()
        }}
      >
        <div class="ptl-form__pair">
          <TextField
            id="subject-number"
            label="NHS number"
            inputMode="numeric"
            maxLength={12}
            value={draft.nhsNumber}
            onChange={(nhsNumber) => setDraft({ ...draft, nhsNumber })}
          />
          <TextField
            id="subject-reason"
            label="Why, such as the number of the request"
            maxLength={200}
            value={draft.reason}
            onChange={(reason) => setDraft({ ...draft, reason })}
          />
          <ChoiceField
            id="subject-format"
            label="Export as"
            value={format}
            choices={Object.entries(FORMATS) as [Format, string][]}
            onChange={(chosen) => chosen !== '' && setFormat(chosen)}
          />
        </div>
        <div class="ptl-buttons">
          <Button isDisabled={!isWhole || sending.isBusy}>Export all that is held</Button>
          {isWhole && (
            <SureButton
              words="Erase this person"
              sureWords="Yes, erase all of it for ever"
              of=""
              onSure={erase}
            />
          )}
        </div>
      </form>
    </Panel>
  )
}

function isEmpty(text: string, format: Format): boolean {
  if (format === 'csv') return text.trimEnd().split('\n').length === 1
  return (JSON.parse(text) as { pathways: unknown[] }).pathways.length === 0
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
