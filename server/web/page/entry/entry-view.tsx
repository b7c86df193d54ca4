import { useRef } from 'preact/hooks'
import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import { ActionPanel } from './action-panel.tsx'
import { ClockPanel } from './clock-panel.tsx'
import { EntryHead } from './entry-head.tsx'
import { EntrySuggestion } from './entry-suggestion.tsx'
import { useFetched } from '../wire/fetched.ts'
import { HiddenEntry } from './hidden-entry.tsx'
import { HistoryPanel } from './history-panel.tsx'
import { LinkPanel } from './link-panel.tsx'
import { useLive, useWatch } from '../wire/live.ts'
import { useSeenEntry } from '../list/looked.ts'
import { Loading } from '../widgets/loading.tsx'
import { NotePanel } from './note-panel.tsx'
import { OverridePanel } from './override-panel.tsx'
import { PlacePanel } from './place-panel.tsx'
import { mayKnowNames, mayReadHistory } from '../session/may.ts'
import { useSession } from '../session/session.ts'
import { useAtMostEvery } from '../hooks/settled.ts'
import { RecordPanel } from './record-panel.tsx'
import { TransferPanel } from './transfer-panel.tsx'
import { Timeline } from './timeline.tsx'

const AGAIN_MS = 2_000

/** One pathway: who, where it stands against each standard, why it ranks where it does, what is to happen next. */
export function EntryView(props: { readonly id: number }) {
  const { id } = props
  const { person } = useSession()
  // A window of one row tells when the list has changed at all; the pathway is then read again.
  useWatch({ list: { count: 1 } }, 'entry')
  const seq = useLive((state) => state.list?.seq ?? 0)
  const suggestionsSeq = useLive((state) => state.suggestions?.seq ?? 0)
  const moving = useAtMostEvery(`${seq} ${suggestionsSeq}`, AGAIN_MS)
  // what is not theirs is asked for once: each asking is a refusal in the audit
  const missedAt = useRef<string | null>(null)
  const version = missedAt.current ?? moving
  const read = useFetched<EntryDetail>(`/api/entries/${id}`, version)
  const { data, isMissing, reload } = read
  missedAt.current = isMissing ? version : null

  useSeenEntry(id, data?.row?.seq ?? null)

  if (isMissing && mayKnowNames(person)) return <HiddenEntry id={id} />
  if (data === null)
    return (
      <>
        <BackLink />
        <h1 class="nhsuk-heading-l">Pathway {id}</h1>
        {isMissing && <p>There is no such pathway, or it is not open to you.</p>}
        <Loading of={[read]} />
      </>
    )
  return (
    <>
      <BackLink />
      <EntryHead data={data} />
      <div class="ptl-columns">
        <div>
          <EntrySuggestion entryId={id} />
          <ClockPanel clocks={data.clocks} />
          <TransferPanel standing={data.transfers} />
          <Timeline data={data} />
          {data.place !== null && <PlacePanel data={data} place={data.place} />}
        </div>
        <div>
          <ActionPanel id={id} data={data} onSaved={reload} />
          <NotePanel id={id} data={data} onSaved={reload} />
          {data.may.override && <OverridePanel id={id} data={data} onSaved={reload} />}
          <LinkPanel id={id} data={data} onSaved={reload} />
          <RecordPanel quality={data.quality} provenance={data.provenance} />
          {mayReadHistory(person) && <HistoryPanel id={id} version={version} />}
        </div>
      </div>
    </>
  )
}

function BackLink() {
  return (
    <p>
      <a class="nhsuk-back-link" href="/list" onClick={goBack}>
        Back to the list
      </a>
    </p>
  )
}

/** Back to the very page of the list, filters and all, where there is one to go back to. */
function goBack(event: MouseEvent): void {
  if (history.length < 2 || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  history.back()
}
