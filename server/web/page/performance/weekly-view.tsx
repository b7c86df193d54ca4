import type { WeeklyReturnAnswer, WeeklyReturnLine } from '../../../../shared/measures.ts'
import { useFetched } from '../wire/fetched.ts'
import { TextField } from '../widgets/field.tsx'
import { seesAlliance } from '../session/may.ts'
import { TakeAway, TrustField } from './narrowing.tsx'
import { Busy, awaitedWords } from '../widgets/loading.tsx'
import { Panel } from '../widgets/panel.tsx'
import { address, go } from '../router.ts'
import { useSession } from '../session/session.ts'
import { Table, numbers } from '../widgets/table.tsx'
import { count, dateWords, plainName, withDateWords } from '../words.ts'

const SECTIONS = {
  withoutDtt: 'Waiting without a decision to treat',
  withDtt: 'Waiting with a decision to treat',
} as const
const COUNTS = {
  d0to28: '0 to 28 days',
  d29to62: '29 to 62',
  d63to104: '63 to 104',
  over104: 'Over 104',
  passed28: 'Passed day 28',
  passed62: 'Passed day 62',
  passed104: 'Passed day 104',
  treatedBy62: 'Treated by day 62',
  treated63to104: 'Treated 63 to 104',
  treatedOver104: 'Treated after 104',
  referrals: 'Referrals',
  upgrades: 'Upgrades',
  seen: 'Seen',
} as const
type CountName = keyof typeof COUNTS

/** The weekly return of each trust for one Sunday, as it is sent on. [MEA-4] */
export function WeeklyView(props: { readonly query: ReadonlyMap<string, string> }) {
  const { person } = useSession()
  const week = props.query.get('week') ?? ''
  const trust = props.query.get('trust') ?? (seesAlliance(person) ? '' : person.organisation)
  const asked = { week, trust }
  const read = useFetched<WeeklyReturnAnswer>(address('/api/measures/weekly-return', asked))
  const { data } = read
  const choose = (part: Partial<typeof asked>) =>
    go(address('/weekly', { ...asked, ...part }), { replace: true })
  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Weekly return</h1>
        <p class="ptl-title__sum">
          {data === null
            ? awaitedWords(read)
            : `The week up to Sunday ${dateWords(data.snapshotOn)}, due on ${dateWords(data.dueOn)}. Nobody is named here.`}
        </p>
      </div>
      <div class="ptl-filters">
        <TrustField value={trust} onChange={(chosen) => choose({ trust: chosen })} />
        <div class="ptl-filter">
          <TextField
            id="weekly-week"
            label="Any day of the week"
            type="date"
            value={week === '' ? (data?.snapshotOn ?? '') : week}
            onChange={(chosen) => choose({ week: chosen })}
          />
        </div>
        <TakeAway files={{ 'Export CSV': address('/api/measures/weekly-return.csv', asked) }} />
      </div>
      <Busy of={[read]}>
        {(data?.trusts ?? []).map((one) => (
          <Panel key={one.trust} title={plainName(one.trustName)}>
            {one.missing === null ? (
              <Lines of={plainName(one.trustName)} lines={one.lines} />
            ) : (
              <p class="ptl-missing">Missing: {withDateWords(one.missing)} Nothing is filled in.</p>
            )}
          </Panel>
        ))}
      </Busy>
    </>
  )
}

function Lines(props: { readonly of: string; readonly lines: readonly WeeklyReturnLine[] }) {
  return (
    <>
      {Object.entries(SECTIONS).map(([section, title]) => (
        <Table
          key={section}
          caption={`${title}, ${props.of}`}
          isCaptionShown
          columns={['Route', ...Object.values(COUNTS).map(numbers)]}
        >
          {props.lines
            .filter((line) => line.section === section)
            .map((line) => (
              <tr key={line.route}>
                <th scope="row">{line.routeLabel}</th>
                {(Object.keys(COUNTS) as CountName[]).map((name) => (
                  <td key={name} class="ptl-number">
                    {count(line[name])}
                  </td>
                ))}
              </tr>
            ))}
        </Table>
      ))}
    </>
  )
}
