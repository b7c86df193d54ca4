import { useState } from 'preact/hooks'
import type { EntryHistory } from '../../../../shared/entry-detail.ts'
import { useFetched } from '../wire/fetched.ts'
import { Loading } from '../widgets/loading.tsx'
import { Panel } from '../widgets/panel.tsx'
import { instantWords, plainName } from '../words.ts'

/** Every version of the pathway and what changed in it; read only when somebody wants to see it. */
export function HistoryPanel(props: { readonly id: number; readonly version: string }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Panel title="History">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary class="ptl-link">Show every change</summary>
        {isOpen && <Events id={props.id} version={props.version} />}
      </details>
    </Panel>
  )
}

function Events(props: { readonly id: number; readonly version: string }) {
  const read = useFetched<EntryHistory>(`/api/entries/${props.id}/history`, props.version)
  const { data } = read
  if (data === null) return <Loading of={[read]} />
  return (
    <ol class="ptl-notes">
      {data.events.map((event, position) => (
        <li key={position}>
          <p>
            {event.version === null ? '' : `Version ${event.version}. `}
            {event.words}
          </p>
          <small>
            {event.by !== null && `${plainName(event.by)}, `}
            {instantWords(event.at)}
          </small>
          {event.changes.length > 0 && (
            <ul class="ptl-why">
              {event.changes.map((change) => (
                <li key={change.field}>
                  {change.field}: {valueWords(change.from)} to {valueWords(change.to)}
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ol>
  )
}

function valueWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
