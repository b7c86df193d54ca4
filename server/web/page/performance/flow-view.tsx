import type { BalanceAnswer, DemandAnswer, ForecastAnswer } from '../../../../shared/measures.ts'
import type { Tumour } from '../../../../shared/vocabulary.ts'
import { useFetched } from '../wire/fetched.ts'
import { Narrowing, TakeAway, tumourIn } from './narrowing.tsx'
import { Busy, Loading } from '../widgets/loading.tsx'
import { Panel } from '../widgets/panel.tsx'
import { address } from '../router.ts'
import { Table, numbers } from '../widgets/table.tsx'
import { ToList } from '../list/to-list.tsx'
import { count, dateWords, number, people, plainName } from '../words.ts'

/** Lines of the balance that are shown; the file has them all. */
const SHOWN = 25

/** Where queues are going: the weeks ahead, what comes and goes a week, and people against slots. [MEA-5, MEA-6, MEA-7] */
export function FlowView(props: { readonly query: ReadonlyMap<string, string> }) {
  const trust = props.query.get('trust') ?? ''
  const tumour = tumourIn(props.query)
  const of = (name: string) => address(`/api/measures/${name}`, { trust, tumour })
  const forecast = useFetched<ForecastAnswer>(of('forecast'))
  const demand = useFetched<DemandAnswer>(of('demand'))
  const balance = useFetched<BalanceAnswer>(of('balance'))
  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Queues ahead</h1>
        <p class="ptl-title__sum">
          What is to come if nothing changes. Nobody is named here. How it has been stands under{' '}
          <a href="/lead">Performance</a>.
        </p>
      </div>
      <Narrowing path="/flow" trust={trust} tumour={tumour}>
        <TakeAway
          files={{
            'Forecast CSV': of('forecast.csv'),
            'Demand CSV': of('demand.csv'),
            'Balance CSV': of('balance.csv'),
          }}
        />
      </Narrowing>
      <Loading of={[forecast, demand, balance]} />
      <Busy of={[forecast]}>{forecast.data !== null && <Forecast answer={forecast.data} />}</Busy>
      <Busy of={[demand]}>{demand.data !== null && <Demand answer={demand.data} />}</Busy>
      <Busy of={[balance]}>
        {balance.data !== null && <Balance answer={balance.data} tumour={tumour} />}
      </Busy>
    </>
  )
}

function Forecast(props: { readonly answer: ForecastAnswer }) {
  const { queueNow, arrivalsPerWeek, departuresPerWeek, lines, method } = props.answer
  return (
    <Panel title="People not yet told, week by week">
      <p>
        {count(queueNow)} now; about {people(arrivalsPerWeek)} come and {people(departuresPerWeek)}{' '}
        go a week.
      </p>
      <Table
        caption="People not yet told, week by week"
        kind="ptl-sum"
        columns={[
          'Week ending',
          numbers('Expected'),
          numbers('In eight weeks of ten, from'),
          numbers('to'),
          numbers('Of those open now, past day 62 if nobody is treated'),
        ]}
      >
        {lines.map((line) => (
          <tr key={line.week}>
            <th scope="row" class="ptl-day">
              {dateWords(line.weekEndsOn)}
            </th>
            <td class="ptl-number">{people(line.queue)}</td>
            <td class="ptl-number">{people(line.low)}</td>
            <td class="ptl-number">{people(line.high)}</td>
            <td class="ptl-number">{count(line.past62IfNobodyTreated)}</td>
          </tr>
        ))}
      </Table>
      <p class="ptl-hint">{method}</p>
    </Panel>
  )
}

function Demand(props: { readonly answer: DemandAnswer }) {
  const { lines, weeks } = props.answer
  const weeksWords = (value: number | null) => (value === null ? '' : number(value))
  return (
    <Panel title="What comes and goes, and what would be needed">
      <Table
        caption={`Demand and capacity of the last ${weeks} weeks, people a week`}
        isCaptionShown
        columns={[
          'Trust',
          numbers('Come'),
          numbers('Go'),
          numbers('Waiting'),
          numbers('Mean wait, weeks'),
          numbers('Needed a week, for 26 weeks'),
          numbers('Needed a week, after that'),
          'In words',
        ]}
      >
        {lines.map((line) => (
          <tr key={line.group.code}>
            <th scope="row">{plainName(line.group.name)}</th>
            <td class="ptl-number">{number(line.demandPerWeek)}</td>
            <td class="ptl-number">{number(line.capacityPerWeek)}</td>
            <td class="ptl-number">{count(line.queue)}</td>
            <td class="ptl-number">{weeksWords(line.meanWaitWeeks)}</td>
            <td class="ptl-number">{weeksWords(line.reliefCapacityPerWeek)}</td>
            <td class="ptl-number">{number(line.targetCapacityPerWeek)}</td>
            <td class="ptl-sentence">{line.words}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

function Balance(props: { readonly answer: BalanceAnswer; readonly tumour: Tumour | '' }) {
  const { tumour } = props
  const { lines, days } = props.answer
  return (
    <Panel title="People waiting against slots told of">
      {lines.length === 0 && <p>Nobody waits for a step here.</p>}
      {lines.length > 0 && (
        <Table
          caption={`The next ${days} days: most people without a slot in sight first`}
          isCaptionShown
          columns={[
            'Trust',
            'Step',
            numbers('Waiting'),
            numbers('Booked'),
            numbers('Slots'),
            numbers('Opened to the alliance'),
            numbers('Free'),
            numbers('Without a slot in sight'),
          ]}
        >
          {lines.slice(0, SHOWN).map((line) => (
            <tr key={`${line.trust} ${line.step}`}>
              <th scope="row">{plainName(line.trustName)}</th>
              <td>{line.stepLabel}</td>
              <td class="ptl-number">
                <ToList
                  of={line.waiting}
                  filter={{
                    trust: line.trust,
                    step: line.step,
                    ...(tumour === '' ? {} : { tumour }),
                  }}
                />
              </td>
              <td class="ptl-number">{count(line.booked)}</td>
              <td class="ptl-number">{number(line.slots)}</td>
              <td class="ptl-number">{number(line.openSlots)}</td>
              <td class="ptl-number">{number(line.free)}</td>
              <td class="ptl-number">{count(line.gap)}</td>
            </tr>
          ))}
        </Table>
      )}
      {lines.length > 0 && (
        <p class="ptl-hint">
          Where a trust has told of no slot for a step, everybody not booked stands without one.
        </p>
      )}
      {lines.length > SHOWN && (
        <p class="ptl-hint">
          The first {SHOWN} of {lines.length} lines; the file has them all.
        </p>
      )}
    </Panel>
  )
}
