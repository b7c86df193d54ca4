import { STEPS, ROUTES, TUMOURS } from '../../../shared/vocabulary.ts'
import { ActionPanel } from './action-panel.tsx'
import { ClockPanel } from './clock-panel.tsx'
import type { EntryDetail } from './entry-detail.ts'
import { EntrySuggestion } from './entry-suggestion.tsx'
import { useFetched } from './fetched.ts'
import { HistoryPanel } from './history-panel.tsx'
import { useIdentities } from './identities.ts'
import { useLive, useWatch } from './live.ts'
import { BandTag, Figure, ProblemNote, Tag } from './note.tsx'
import { NotePanel } from './note-panel.tsx'
import { PlacePanel } from './place-panel.tsx'
import { trustName, useSession } from './session.ts'
import { useAtMostEvery } from './settled.ts'
import { Timeline } from './timeline.tsx'
import { dateWords, daysLeftWords, nhsNumberWords, STANDARD_DAYS } from './words.ts'

const AGAIN_MS = 2_000

/** One pathway: who, where it stands against each standard, why it ranks where it does, what is to happen next. */
export function EntryView(props: { readonly id: number }) {
  const { id } = props
  // A window of one row tells when the list has changed at all; the pathway is then read again.
  useWatch({ list: { count: 1 } }, 'entry')
  const seq = useLive((state) => state.list?.seq ?? 0)
  const suggestionsSeq = useLive((state) => state.suggestions?.seq ?? 0)
  const version = useAtMostEvery(`${seq} ${suggestionsSeq}`, AGAIN_MS)
  const { data, problem, reload } = useFetched<EntryDetail>(`/api/entries/${id}`, version)

  if (data === null) {
    return problem === null ? <p class="ptl-loading">Loading</p> : <ProblemNote problem={problem} />
  }
  return (
    <>
      <p>
        <a class="nhsuk-back-link" href="/list" onClick={goBack}>
          Back to the list
        </a>
      </p>
      <EntryHead data={data} />
      <ProblemNote problem={problem} />
      <div class="ptl-columns">
        <div>
          <EntrySuggestion entryId={id} />
          <ClockPanel clocks={data.clocks} row={data.row} />
          <Timeline facts={data.facts} row={data.row} />
          <PlacePanel place={data.place} why={data.why} overrides={data.overrides} />
        </div>
        <div>
          <ActionPanel id={id} data={data} onSaved={reload} />
          <NotePanel id={id} data={data} onSaved={reload} />
          <HistoryPanel id={id} version={version} />
        </div>
      </div>
    </>
  )
}

function EntryHead(props: { readonly data: EntryDetail }) {
  const { row, facts } = props.data
  const { alliance, identities } = useSession()
  const identity = useIdentities(identities, [row.id]).get(row.id)
  const next = row.nextBreach
  return (
    <>
      <h1 class="nhsuk-heading-l ptl-entry-title">
        {identity?.name ?? row.pseudonym}
        {row.escalated && <Tag colour="red">Escalated</Tag>}
      </h1>
      <p class="ptl-entry-who">
        {identity?.nhsNumber !== undefined && (
          <span>
            NHS number <strong class="ptl-nhs">{nhsNumberWords(identity.nhsNumber)}</strong>
          </span>
        )}
        {identity?.dateOfBirth !== undefined && (
          <span>
            Born <strong>{dateWords(identity.dateOfBirth)}</strong>
          </span>
        )}
        {identity?.hospitalNumber !== undefined && (
          <span>
            Hospital number <strong>{identity.hospitalNumber}</strong>
          </span>
        )}
        {facts.ageYears !== undefined && (
          <span>
            Age <strong>{facts.ageYears}</strong>
          </span>
        )}
        <span>
          {identity?.name === undefined ? 'Shown by pseudonym' : `Pseudonym ${row.pseudonym}`}
        </span>
      </p>
      <p class="ptl-entry-who">
        <span>
          <strong>{trustName(alliance, row.trust)}</strong>
          {row.alsoAt.length > 0 &&
            `, also at ${row.alsoAt.map((code) => trustName(alliance, code)).join(', ')}`}
        </span>
        <span>
          {TUMOURS[row.tumour]}
          {facts.subtype !== undefined && `, ${facts.subtype}`}
        </span>
        <span>{ROUTES[row.route]}</span>
      </p>
      <div class="ptl-figures">
        <Figure value={String(row.rank)} label="place in the list" />
        <Figure
          value={row.waitDays === null ? 'no date' : String(row.waitDays)}
          label="days waited"
        />
        <Figure
          value={next === null ? 'none' : daysLeftWords(next.daysLeft)}
          label={
            next === null
              ? 'no clock is running'
              : `${STANDARD_DAYS[next.standard]} standard, breach ${dateWords(next.on)}`
          }
        />
        <Figure
          value={row.step === null ? 'None' : STEPS[row.step]}
          label={stepLabel(row.stepInferred, row.stepBookedOn)}
        />
        {row.band !== null && (
          <div class="ptl-figure">
            <BandTag band={row.band} />
          </div>
        )}
      </div>
    </>
  )
}

function stepLabel(isInferred: boolean, bookedOn: string | null): string {
  const booked = bookedOn === null ? 'not booked' : `booked ${dateWords(bookedOn)}`
  return `awaited${isInferred ? ' (inferred)' : ''}, ${booked}`
}

/** Back to the very page of the list, filters and all, where there is one to go back to. */
function goBack(event: MouseEvent): void {
  if (history.length < 2 || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  history.back()
}
