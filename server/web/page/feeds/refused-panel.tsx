import { useState } from 'preact/hooks'
import type { RefusedRow, RefusedRowPage } from '../../../../shared/refused-row.ts'
import { CorrectionForm } from './correction-form.tsx'
import { useFetched } from '../wire/fetched.ts'
import { Loading } from '../widgets/loading.tsx'
import { DoneNote } from '../widgets/note.tsx'
import { Panel } from '../widgets/panel.tsx'
import { dateWords, instantWords, number } from '../words.ts'
import { Table } from '../widgets/table.tsx'

/** Rows that were refused and wait for somebody of their trust. Who they are is read one by one, and written down. */
export function RefusedPanel(props: { readonly trust: string; readonly version: number }) {
  const { trust } = props
  const [openId, setOpen] = useState<string | null>(null)
  const [done, setDone] = useState<string | null>(null)
  const read = useFetched<RefusedRowPage>(`/api/feeds/${trust}/refused-rows`, props.version)
  const { data, reload } = read
  if (data === null) return <Loading of={[read]} />
  const open = data.rows.find(({ id }) => id === openId)

  function ended(words: string): void {
    setOpen(null)
    setDone(words)
    reload()
  }

  return (
    <Panel title={`Refused rows to mend (${number(data.waiting)})`}>
      <DoneNote words={done} />
      {data.rows.length === 0 ? (
        <p>No refused row waits.</p>
      ) : (
        <Table
          caption="Refused rows, the newest first"
          columns={['Record', 'Refused', 'Why', 'Kept until', { label: 'Mend', kind: 'unsaid' }]}
        >
          {data.rows.map((row) => (
            <Row key={row.id} row={row} onOpen={() => setOpen(row.id)} />
          ))}
        </Table>
      )}
      {data.waiting > data.rows.length && (
        <p class="ptl-hint">The newest {data.rows.length} are shown.</p>
      )}
      {open !== undefined && (
        <CorrectionForm
          key={open.id}
          trust={trust}
          row={open}
          onEnd={ended}
          onClose={() => setOpen(null)}
        />
      )}
    </Panel>
  )
}

function Row({ row, onOpen }: { readonly row: RefusedRow; readonly onOpen: () => void }) {
  const name = row.recordKey === '' ? `Row ${row.rowNumber}` : row.recordKey
  return (
    <tr>
      <th scope="row">
        {name}
        <small>
          row {row.rowNumber}, {row.format}
        </small>
      </th>
      <td>{instantWords(row.refusedAt)}</td>
      <td>
        <ul class="ptl-why">
          {row.issues.map((issue) => (
            <li key={`${issue.code} ${issue.field}`}>
              {issue.field !== '' && <strong>{issue.field} </strong>}
              {issue.message} <span class="ptl-rule">{issue.code}</span>
            </li>
          ))}
        </ul>
      </td>
      <td>{dateWords(row.lapsesAt)}</td>
      <td>
        <button type="button" class="ptl-link" onClick={onOpen}>
          Mend<span class="nhsuk-u-visually-hidden"> {name}</span>
        </button>
      </td>
    </tr>
  )
}
