import { useState } from 'preact/hooks'
import type { CodeTable, MappingDone } from '../../../shared/refused-row.ts'
import { api, problemWords } from './api.ts'
import { useFetched } from './fetched.ts'
import { DoneNote, ProblemNote } from './note.tsx'
import { Panel } from './panel.tsx'
import { Scroll } from './scroll.tsx'
import { instantWords, number, plainName } from './words.ts'

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
  const [done, setDone] = useState<string | null>(null)
  const [refusal, setRefusal] = useState<string | null>(null)
  const path = `/api/feeds/${trust}/codes`
  const { data, problem, reload } = useFetched<CodeTable>(path, props.version)
  if (data === null) return <ProblemNote problem={problem} />
  const lines: readonly Line[] = [
    ...data.codes.map(({ field, code, count, lastSeenAt, rowNumber }) => ({
      field,
      from: code,
      to: '',
      words: `${number(count)} times, last ${instantWords(lastSeenAt)} in row ${rowNumber}`,
    })),
    ...data.mappings.map(({ field, from, to, by, at }) => ({
      field,
      from,
      to,
      words: `said by ${plainName(by)}, ${instantWords(at)}`,
    })),
  ]
  if (lines.length === 0) return null

  async function map({ field, from }: Line, to: string): Promise<void> {
    try {
      const body = { field, from, to: to === '' ? null : to }
      const { resubmitted, taken } = await api<MappingDone>(path, { method: 'PUT', body })
      setRefusal(null)
      setDone(
        resubmitted === 0
          ? 'Saved. It holds from the next record on.'
          : `Saved. Rows that waited for it: ${number(resubmitted)}; taken now: ${number(taken)}.`,
      )
      reload()
    } catch (error) {
      setRefusal(problemWords(error))
    }
  }

  return (
    <Panel title={`Codes in no list (${number(data.codes.length)})`}>
      <ProblemNote problem={refusal} />
      <DoneNote words={done} />
      <Scroll label="Codes in no list">
        <table class="nhsuk-table ptl-table">
          <caption class="nhsuk-u-visually-hidden">
            Codes of the trust's own and what they mean
          </caption>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Code as sent</th>
              <th scope="col">Seen</th>
              <th scope="col">Means</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={`${line.field} ${line.from}`}>
                <td>{line.field}</td>
                <th scope="row">{line.from}</th>
                <td>{line.words}</td>
                <td>
                  <select
                    class="nhsuk-select"
                    aria-label={`What ${line.from} means for ${line.field}`}
                    value={line.to}
                    onChange={(event) => void map(line, event.currentTarget.value)}
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
          </tbody>
        </table>
      </Scroll>
    </Panel>
  )
}
