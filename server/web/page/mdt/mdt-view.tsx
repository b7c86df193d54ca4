import type { ListRow } from '../../../../shared/list.ts'
import { PRIORITY_SCALES, TUMOURS } from '../../../../shared/vocabulary.ts'
import type { Tumour } from '../../../../shared/vocabulary.ts'
import { useFetched } from '../wire/fetched.ts'
import { ChoiceField } from '../widgets/field.tsx'
import { useIdentities } from '../session/identities.ts'
import type { IdentityBook } from '../session/identities.ts'
import { useLive, useWatch } from '../wire/live.ts'
import { mayExport } from '../session/may.ts'
import { NOT_BOOKED, daysOf, ofDay } from './mdt-days.ts'
import { TakeAway, TumourField } from '../performance/narrowing.tsx'
import { Busy, awaitedWords } from '../widgets/loading.tsx'
import { BandTag, EscalationTag } from '../widgets/note.tsx'
import { address, go } from '../router.ts'
import { useSession } from '../session/session.ts'
import { useAtMostEvery } from '../hooks/settled.ts'
import { Table } from '../widgets/table.tsx'
import { STANDARD_DAYS, dateWords, days, daysLeftWords, nhsNumberWords, number } from '../words.ts'

const AGAIN_MS = 10_000
/** The most the service gives at once; more than a meeting can speak of. */
const ROWS = 200

interface Waiting {
  readonly total: number
  readonly asOf: string
  readonly rows: readonly ListRow[]
}

/** Who awaits an MDT discussion in a tumour group, by the day it is booked: to be printed and taken to the meeting. */
export function MdtView(props: { readonly query: ReadonlyMap<string, string> }) {
  const { person, identities } = useSession()
  const asked = props.query.get('tumour') ?? ''
  const tumour = asked in TUMOURS ? (asked as Tumour) : 'lung'
  const of = { step: 'mdt', tumour }
  useWatch({ list: { count: 1 } }, 'mdt')
  const version = useAtMostEvery(
    useLive((state) => state.list?.seq ?? 0),
    AGAIN_MS,
  )
  const read = useFetched<Waiting>(address('/api/list', { ...of, limit: String(ROWS) }), version)
  const { data } = read
  const days = daysOf(data?.rows ?? [], data?.asOf ?? '')
  const wanted = props.query.get('on') ?? ''
  const day = days.find((one) => one.day === wanted)?.day ?? days[0]?.day ?? NOT_BOOKED
  const rows = ofDay(data?.rows ?? [], day)
  const names = useIdentities(
    identities,
    rows.map((row) => row.id),
  )
  function choose(part: { readonly tumour?: string; readonly on?: string }): void {
    go(address('/mdt', { tumour, on: day, ...part }), { replace: true })
  }
  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">
          MDT list: {TUMOURS[tumour]}, {day === NOT_BOOKED ? 'not booked' : dateWords(day)}
        </h1>
        <p class="ptl-title__sum">
          {data === null
            ? awaitedWords(read)
            : `${number(rows.length)} to discuss, in order of priority. ${number(data.total)} of this tumour group await a discussion.`}
        </p>
      </div>
      <div class="ptl-filters">
        <TumourField value={tumour} onChange={(chosen) => choose({ tumour: chosen, on: '' })} />
        <div class="ptl-filter">
          <ChoiceField
            id="mdt-day"
            label="Booked for"
            value={day}
            choices={days.map((one) => [one.day, one.words] as const)}
            onChange={(on) => choose({ on })}
          />
        </div>
        <TakeAway
          files={
            mayExport(person) ? { 'Export CSV, all days': address('/api/list/export.csv', of) } : {}
          }
        />
      </div>
      <Busy of={[read]}>
        {data !== null && data.total > data.rows.length && (
          <p class="ptl-hint">The first {data.rows.length} of the list are looked through.</p>
        )}
        {data !== null && rows.length === 0 && (
          <p class="nhsuk-inset-text">
            Nobody of this tumour group awaits an MDT discussion. Choose another group.
          </p>
        )}
        {rows.length > 0 && (
          <Table
            caption="Patients to discuss, in order of priority"
            kind="ptl-mdt"
            columns={['Patient', 'Trust', 'Waited', 'Next breach', 'To decide', 'Decision']}
          >
            {rows.map((row) => (
              <Row key={row.id} row={row} names={names} />
            ))}
          </Table>
        )}
      </Busy>
    </>
  )
}

function Row(props: { readonly row: ListRow; readonly names: IdentityBook }) {
  const { row } = props
  const identity = props.names.get(row.id)
  const next = row.nextBreach
  return (
    <tr class="ptl-row">
      <th scope="row">
        <a href={`/entries/${row.id}`} class="ptl-who">
          {identity?.name ?? row.pseudonym}
        </a>
        {identity?.nhsNumber !== undefined && (
          <small class="ptl-nhs">{nhsNumberWords(identity.nhsNumber)}</small>
        )}
        {identity?.dateOfBirth !== undefined && (
          <small>born {dateWords(identity.dateOfBirth)}</small>
        )}
      </th>
      <td>
        {row.trust}
        {row.alsoAt.length > 0 && <small>also {row.alsoAt.join(', ')}</small>}
      </td>
      <td>
        {row.waitDays === null ? 'no date' : days(row.waitDays)}{' '}
        {row.band !== null && <BandTag band={row.band} />}
      </td>
      <td>
        {next === null ? (
          'none running'
        ) : (
          <>
            <strong>{daysLeftWords(next.daysLeft)}</strong>
            <small>
              {STANDARD_DAYS[next.standard]}, {dateWords(next.on)}
            </small>
          </>
        )}
      </td>
      <td>
        {row.nextAction?.text ?? 'No next action is set'}
        {row.nextAction?.owner !== null && row.nextAction?.owner !== undefined && (
          <small>{row.nextAction.owner}</small>
        )}
        {row.priority !== null && (
          <small>
            {PRIORITY_SCALES[row.priority.scale].replace(/ \(.*/, '')} {row.priority.code}
          </small>
        )}
        <small>{row.because}</small>
        <EscalationTag escalation={row.escalation} />
      </td>
      <td class="ptl-blank" />
    </tr>
  )
}
