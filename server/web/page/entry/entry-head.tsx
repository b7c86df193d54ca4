import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import type { ListRow } from '../../../../shared/list.ts'
import { ROUTES, STEPS, TUMOURS } from '../../../../shared/vocabulary.ts'
import { useIdentities } from '../session/identities.ts'
import { BandTag, EscalationTag, Figure, Tag } from '../widgets/note.tsx'
import { trustName, useSession } from '../session/session.ts'
import { STANDARD_DAYS, bookedWords, dateWords, daysLeftWords, nhsNumberWords } from '../words.ts'

/** Who it is and where the pathway stands, at a glance. */
export function EntryHead(props: { readonly data: EntryDetail }) {
  const { id, pseudonym, trust, state, closedReason, row, facts } = props.data
  const { alliance, identities } = useSession()
  const identity = useIdentities(identities, [id]).get(id)
  const named: readonly (readonly [string, string | undefined])[] = [
    ['NHS number', words(identity?.nhsNumber, nhsNumberWords)],
    ['Born', words(identity?.dateOfBirth, dateWords)],
    ['Hospital number', identity?.hospitalNumber],
    ['Age', facts.ageYears === undefined ? undefined : String(facts.ageYears)],
    ['Priority', facts.priority?.code],
  ]
  return (
    <>
      <h1 class="nhsuk-heading-l ptl-entry-title">
        {identity?.name ?? pseudonym}
        {row !== null && <EscalationTag escalation={row.escalation} />}
        {state === 'closed' && (
          <Tag colour="grey">{closedReason === null ? 'Closed' : `Closed: ${closedReason}`}</Tag>
        )}
      </h1>
      <p class="ptl-entry-who">
        {named.map(
          ([label, value]) =>
            value !== undefined && (
              <span key={label}>
                {label} <strong class="ptl-nhs">{value}</strong>
              </span>
            ),
        )}
        <span>
          {identity?.name === undefined ? 'Shown by pseudonym' : `Pseudonym ${pseudonym}`}
        </span>
      </p>
      <p class="ptl-entry-who">
        <span>
          <strong>{trustName(alliance, trust)}</strong>
          {row !== null &&
            row.alsoAt.length > 0 &&
            `, also at ${row.alsoAt.map((code) => trustName(alliance, code)).join(', ')}`}
        </span>
        {row !== null && (
          <span>
            {TUMOURS[row.tumour]}
            {facts.subtype !== undefined && `, ${facts.subtype}`}
          </span>
        )}
        {row !== null && <span>{ROUTES[row.route]}</span>}
      </p>
      {row !== null && <Standing row={row} />}
    </>
  )
}

function Standing(props: { readonly row: ListRow }) {
  const { row } = props
  const next = row.nextBreach
  const booked = row.stepBookedOn === null ? 'not booked' : bookedWords(row.stepBookedOn)
  return (
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
        label={`awaited${row.stepInferred ? ' (inferred)' : ''}, ${booked}`}
      />
      {row.band !== null && (
        <div class="ptl-figure">
          <BandTag band={row.band} />
        </div>
      )}
    </div>
  )
}

function words(value: string | undefined, say: (value: string) => string): string | undefined {
  return value === undefined ? undefined : say(value)
}
