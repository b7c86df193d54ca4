import type { CodeTable, MappingDone } from '../../../../shared/refused-row.ts'
import { api } from '../wire/api.ts'
import { useFetched } from '../wire/fetched.ts'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { instantWords, number, plainName } from '../words.ts'
import { Table } from '../widgets/table.tsx'

interface Line {
  readonly field: string
  readonly from: string
  /** '' while nobody has said what it means. */
  readonly to: string
  readonly words: string
}

/** Codes of the trust's own: what each means is said once, and holds for all rows. */
export function CodesPanel(props: { readonly trust: string; readonly version: number }) {
  const { trust } = props
  const sending = useSending()
  const path = `/api/feeds/${trust}/codes`
  const { data, reload } = useFetched<CodeTable>(path, props.version)
  if (data === null) return null
  const lines: readonly Line[] = [
    ...data.codes.map(({ field, code, count, lastSeenAt, rowNumber }) => ({
      field,
      from: code,
      to: '',
      words: `${number(count)} times, last ${instantWords(lastSeenAt)} in ${rowNumber === 0 ? 'the header' : `row ${rowNumber}`}`,
    })),
    ...data.mappings.map(({ field, from, to, by, at }) => ({
      field,
      from,
      to,
      words: `said by ${plainName(by)}, ${instantWords(at)}`,
    })),
  ]
  if (lines.length === 0) return null

  const map = ({ field, from }: Line, to: string) =>
    void sending.send(async () => {
      const body = { field, from, to: to === '' ? null : to }
      const { resubmitted, taken } = await api<MappingDone>(path, { method: 'PUT', body })
      reload()
      if (field === 'column') return 'Saved. Send the file again: the column is read as said.'
      return resubmitted === 0
        ? 'Saved. It holds from the next record on.'
        : `Saved. Rows that waited for it: ${number(resubmitted)}; taken now: ${number(taken)}.`
    })

  return (
    <Panel title={`Codes and columns in no list (${number(data.codes.length)})`}>
      <Outcome of={sending} />
      <Table
        caption="Codes and column names of the trust's own and what they mean"
        columns={['Field', 'As sent', 'Seen', 'Means']}
      >
        {lines.map((line) => (
          <tr key={`${line.field} ${line.from}`}>
            <td>{line.field === 'column' ? 'column of the file' : line.field}</td>
            <th scope="row">{line.from}</th>
            <td>{line.words}</td>
            <td>
              <select
                class="nhsuk-select"
                aria-label={`What ${line.from} means for ${line.field}`}
                value={line.to}
                onChange={(event) => map(line, event.currentTarget.value)}
              >
                <option value="">not said</option>
                {(data.options[line.field] ?? []).map(({ code, label }) => (
                  <option key={code} value={code}>
                    {code}: {label}
                  </option>
                ))}
              </select>
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}
