import { useState } from 'preact/hooks'
import type { EntryHistory } from './entry-detail.ts'
import { useFetched } from './fetched.ts'
import { ProblemNote } from './note.tsx'
import { Panel } from './panel.tsx'
import { instantWords } from './words.ts'

/** Every version of the pathway and what changed in it; read only when somebody wants to see it. */
export function HistoryPanel(props: { readonly id: number; readonly version: string }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Panel title="History">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary class="ptl-link">Show every change</summary>
        {isOpen && <Versions id={props.id} version={props.version} />}
      </details>
    </Panel>
  )
}

function Versions(props: { readonly id: number; readonly version: string }) {
  const { data, problem } = useFetched<EntryHistory>(
    `/api/entries/${props.id}/history`,
    props.version,
  )
  if (data === null) return problem === null ? <p>Loading</p> : <ProblemNote problem={problem} />
  return (
    <ol class="ptl-notes">
      {data.versions.map((version) => (
        <li key={version.version}>
          <strong>
            Version {version.version}, {version.state}
          </strong>
          <small>
            {instantWords(version.at)}
            {version.rowNumber !== null && `, row ${version.rowNumber} of a delivery`}
          </small>
          <ul>
            {version.changes.map((change) => (
              <li key={change.field}>
                {change.field}: {valueWords(change.from)} to {valueWords(change.to)}
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  )
}

function valueWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
